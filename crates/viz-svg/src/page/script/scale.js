// The colour scale: from what is shown to a level among the colours, as `paint/scale.rs` has it.
import { abs, ceil, data, finite, floor, max, min, palettes, records, sqrt, themes } from "./data.js";
import { cells as rowCells, ratios, view } from "./grain.js";
import { oddLevel } from "./numbers.js";
import { byDistance, state } from "./state.js";
import { diverging, inShares, shown, whole } from "./values.js";
/** @typedef {import("./data.js").Value} Value */
/** @typedef {import("./grain.js").View} View */
/** @typedef {{end: number, cut: number, even: number, diverging: boolean, root: boolean, over: [number, number], of: [number, number],
 *   colors: string[], inks: string[], patterns: number[]}} Scale */

const LEVELS = 31, FEW = 5, INKS = ["#000000", "#ffffff"];

export const night = matchMedia("(prefers-color-scheme: dark)");
let dark = night.matches;
night.addEventListener("change", () => { dark = night.matches; });
export const themeName = () => state.theme || (dark ? "dark" : "light");
export const theme = () => themes[themeName()];

/** @type {Map<string, {end: number, even: number, over: [number, number], of: [number, number], patterns: number[]}>} */
const ends = new Map();
/** Where the scale of some records ends: at a quantile of the inputs' cells. @param {number[]} ks @param {string} grain */
function endOf(ks, grain) {
  const key = JSON.stringify([ks, grain, state.mode, state.lock, state.clip]), known = ends.get(key);
  if (known) return known;
  /** @type {number[]} */
  const inputs = [];
  /** @type {number[]} */
  const later = [];
  const patterns = new Set();
  let cells = 0, rows = 0;
  for (const k of ks) {
    const one = view(k, grain);
    for (let row = 0; row < one.n; row++) {
      const values = whole(one, row);
      rows++;
      cells += rowCells(one, row);
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        if (finite(value)) (i < one.inputs ? inputs : later).push(abs(value));
        else patterns.add(-oddLevel(value));
      }
    }
  }
  const sorted = Float64Array.from(inputs).sort(), n = sorted.length;
  const all = n && !data.notebook ? sorted : Float64Array.from([...inputs, ...later]).sort(), largest = all.length ? all[all.length - 1] : 0;
  let end = data.max || (all.length ? all[min(max(ceil(all.length * state.clip), 1), all.length) - 1] : 0);
  if (!(end > 0)) end = largest > 0 ? largest : 1;
  const over = (/** @type {number[]} */ sizes) => sizes.reduce((n, x) => n + +(x >= end), 0);
  const found = { end, even: cells ? rows / cells : 1, over: /** @type {[number, number]} */ ([over(inputs), over(later)]),
    of: /** @type {[number, number]} */ ([inputs.length, later.length]), patterns: [...patterns].sort() };
  if (ends.size > 24) ends.clear();
  ends.set(key, found);
  return found;
}

/** @type {Map<string, {colors: string[], inks: string[]}>} */
const colored = new Map();
/** The scale that some records share. @param {number[]} ks @param {string} grain @returns {Scale} */
export function scaleOf(ks, grain) {
  const { end, even, over, of, patterns } = endOf(ks, grain), apart = ks.some(k => diverging(view(k, grain)));
  const name = palettes[state.palette]?.diverging === apart ? state.palette : data.default[themeName()][+apart], dark = themeName() === "dark";
  let found = colored.get(name + dark);
  if (!found) {
    const colors = Array.from(atob(palettes[name][dark ? "dark" : "light"]), c => c.charCodeAt(0).toString(16).padStart(2, "0")).join("").match(/.{6}/g)?.map(hex => "#" + hex) ?? [];
    colored.set(name + dark, found = { colors, inks: [...palettes[name][dark ? "darkInks" : "lightInks"]].map(ink => INKS[+ink]) });
  }
  // Differences of shares fade as shares do; what has a sign of its own does not.
  const cut = byDistance() || !ks.every(k => inShares(view(k, grain))) ? 0 : min(end, even / state.intensity);
  return { end, cut, even, diverging: apart, root: !byDistance() && !data.notebook, over, of, patterns, ...found };
}
/** Those of some records that are of one unit and sign with one of them: they share a scale. @param {number[]} ks @param {number} k */
export const alike = (ks, k) => byDistance() ? ks : ks.filter(other => records[other].kind === records[k].kind);

export const PATTERNS = ["", "not-comparable", "missing", "nan", "infinite", "negative-infinite", "hidden"];

/** A value's level among the scale's colours; a negative number for a pattern. `n` is how many cells stand behind a
 * median. @param {Scale} scale @param {Value} value @param {number} [n] */
export function level(scale, value, n = FEW) {
  // Nothing at all against a distance is the scale's low end.
  if (typeof value !== "number" || (!Number.isFinite(value) && !(byDistance() && value < 0))) return oddLevel(value);
  const x = max(-1, min(1, value / scale.end)), size = abs(x);
  let t = scale.root ? sqrt(size) : size;
  if (scale.cut && size * scale.end < scale.cut) t *= size * scale.end / scale.cut;
  if (n < FEW) t *= n / FEW;
  const at = floor(t * LEVELS + 0.5);
  return (x < 0 ? -at : at) + (scale.diverging ? LEVELS : 0);
}
/** The levels of a row. @param {Scale} scale @param {View} view @param {number} row */
export function levels(scale, view, row) {
  const values = shown(view, row);
  if (!byDistance()) return values.map(value => level(scale, value));
  ratios(view, row);
  const behind = view.behind.get(row) ?? [];
  return values.map((value, i) => level(scale, value, behind[i]));
}

/** @param {Scale} scale @param {number} at @param {string} prefix of the ids of patterns */
export const fill = (scale, at, prefix) => at >= 0 ? scale.colors[at] : at === -1 ? theme().apart : `url(#${prefix}-${PATTERNS[-at]})`;
/** @param {Scale} scale @param {number} at */
export const inkOn = (scale, at) => at >= 0 ? scale.inks[at] : MORE && at === -6 ? theme().ink : theme().on;
