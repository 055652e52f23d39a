// What the page holds: the records with their values, the figures, the colours. Rust writes it (`page/data.rs`).

/** @typedef {number | null | undefined | false} Value a number; null: missing; undefined: not comparable; false: hidden by the rule */
/** @typedef {{starts: number[], labels: Record<string, string>}} Groups the first token of each group, and the names of
 * groups that are not one token */
/** @typedef {{inputs: number, texts: string[], labels: Record<string, string>, name: string, method: string, target: string,
 *   facts: string, signed: boolean, unit: string, after: string, share: boolean, percent: boolean, kind: number, axis?: string, totals: number[], within?: (number | null)[],
 *   inside?: (number | null)[], adds?: boolean, left?: number, positions?: number[], rows?: string[], titles?: string[], aligned?: number[][][],
 *   words: Groups, sentences: Groups, profile: number, source?: number, scales: number[], values: string,
 *   codes: Int16Array, offsets: number[], kept?: Record<string, string>,
 *   replaced?: {list: Replaced[], changes: Packed, unit: string},
 *   pairs?: {at: [number, number][], values: Packed, errors?: Packed, percent: boolean, after: string}}} Rec
 * `kept`: what the rule keeps, in each grain; `changes`: a row for each replacement; `values` of pairs: one for each output */
/** @typedef {{scales: number[], values: string}} Packed rows of one length */
/** @typedef {[number, number, string, number | null, string | null]} Replaced a replacement: the first token and how many,
 * the text, its probability, and the continuation */
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

/** @param {string} text */
const unpacked = text => new Int16Array(Uint8Array.from(atob(text), c => c.charCodeAt(0)).buffer);
/** @type {Map<Packed, Int16Array>} */
const tables = new Map();
/** A number of a table; what is no finite number is missing. @param {Packed} table @param {number} row @param {number} at @returns {number | null} */
export function inTable(table, row, at) {
  let codes = tables.get(table);
  if (!codes) tables.set(table, codes = unpacked(table.values));
  const found = number(codes[row * codes.length / table.scales.length + at], table.scales[row]);
  return finite(found) ? found : null;
}
// Values: 16 bits each, in units of the row's largest; four codes say what is no number.
for (const record of records) {
  // Little-endian, as every machine that has a browser.
  record.codes = unpacked(record.values);
  record.offsets = [0];
  record.scales.forEach((_, row) => record.offsets.push(record.offsets[row] + record.inputs + row));
}

/** What a record holds for an output at a token. @param {Rec} record @param {number} row @param {number} token @returns {Value} */
export function held(record, row, token) {
  if (token >= record.inputs + row) return undefined;
  return number(record.codes[record.offsets[row] + token], record.scales[row]);
}
/** What a code stands for. @param {number} code @param {number} scale @returns {Value} */
function number(code, scale) {
  if (code > -32766 && code < 32767) return code / UNITS * scale;
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
