// What the page holds: the records with their values, the figures, the colours. Rust writes it (`page/data.rs`).

/** @typedef {number | null | undefined} Value a number; null for a missing one; undefined: not comparable */
/** @typedef {{starts: number[], labels: Record<string, string>}} Groups the first token of each group, and the names of
 * groups that are not one token */
/** @typedef {{inputs: number, texts: string[], labels: Record<string, string>, name: string, method: string, target: string,
 *   facts: string, signed: boolean, unit: string, after: string, share: boolean, percent: boolean, kind: number, axis?: string, totals: number[], within?: (number | null)[],
 *   inside?: (number | null)[], adds?: boolean, left?: number, positions?: number[], rows?: string[], titles?: string[], aligned?: number[][][],
 *   words: Groups, sentences: Groups, profile: number, source?: number, scales: number[], values: string,
 *   codes: Int16Array, offsets: number[]}} Rec */
/** @typedef {{median: number[], n: number[], of: string}} Profile the median share at each distance, and how many cells
 * stand behind it */
/** @typedef {{kind: string, panel?: number, at: number[], [more: string]: any}} Part */
/** @typedef {{records: number[], grain: string, map?: number, rests?: number, first: number, theme: string, parts: Part[]}} FigureData */
/** @typedef {{ground: string, panel: string, ink: string, muted: string, apart: string, on: string, mark: string, a: string, b: string}} Theme */

/** @type {<T extends HTMLElement = any>(name: string) => T} */
export const id = name => /** @type {any} */ (document.getElementById("saliency-" + name));
/** Listens to an element, or to the one of that name, where there is one. @param {string | EventTarget} at @param {string} event @param {(event: any) => void} act */
export const listen = (at, event, act) => (typeof at === "string" ? id(at) : at)?.addEventListener(event, act);
/** @param {string} selector @returns {any[]} */
export const every = selector => [...document.querySelectorAll(selector)];
export const data = JSON.parse(id("data").textContent || "");
/** @type {Rec[]} */
export const records = data.records;
/** @type {Profile[]} */
export const profiles = data.profiles;
/** @type {Record<string, Theme>} */
export const themes = data.themes;
/** @type {Record<string, {diverging: boolean, light: string, dark: string, lightInks: string, darkInks: string}>} */
export const palettes = data.palettes;

export const { abs, ceil, floor, max, min, round, sqrt } = Math;
const UNITS = 32760;

// Values: 16 bits each, in units of the row's largest; four codes say what is no number.
for (const record of records) {
  // Little-endian, as every machine that has a browser.
  record.codes = new Int16Array(Uint8Array.from(atob(record.values), c => c.charCodeAt(0)).buffer);
  record.offsets = [0];
  record.scales.forEach((_, row) => record.offsets.push(record.offsets[row] + record.inputs + row));
}

/** What a record holds for an output at a token. @param {Rec} record @param {number} row @param {number} token @returns {Value} */
export function held(record, row, token) {
  if (token >= record.inputs + row) return undefined;
  const code = record.codes[record.offsets[row] + token];
  if (code > -32766 && code < 32767) return code / UNITS * record.scales[row];
  return code === -32768 ? null : code === -32767 ? NaN : code > 0 ? Infinity : -Infinity;
}

/** @type {<T extends HTMLElement = any>(name: string) => T} */
export const make = name => /** @type {any} */ (document.createElement(name));
/** @param {Element} button @param {boolean} is */
export const press = (button, is) => button.setAttribute("aria-pressed", String(is));

/** Whether it is a finite number. */
export const finite = /** @returns {value is number} */ (/** @type {Value} */ value) => typeof value === "number" && Number.isFinite(value);
/** A token's name. @param {Rec} record @param {number} token */
export const nameOf = (record, token) => record.labels[token] ?? record.texts[token].trim();
/** A token's position in the whole record. @param {Rec} record @param {number} token */
export const position = (record, token) => record.positions?.[token] ?? token;
