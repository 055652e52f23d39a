// Numbers as texts, as `values/number.rs` writes them.
import { abs, finite, floor, max } from "./data.js";
/** @typedef {import("./data.js").Value} Value */

/** @param {string} text */
const minus = text => text.replaceAll("-", "−");
/** Rounded as Rust does: to the even digit from the middle between two. @param {number} x @param {number} digits */
function fixed(x, digits) {
  const text = x.toFixed(digits), exact = x.toFixed(digits + 40);
  return /[13579]$/.test(text) && exact.endsWith("5" + "0".repeat(39)) ? exact.slice(0, digits ? -40 : -41) : text;
}
/** Two significant digits; whole numbers have all of theirs. @param {number} x */
function two(x) {
  const short = (/** @type {number} */ of) => fixed(x, max(0, 1 - floor(Math.log10(abs(of)))));
  // 9.96 is 10 and not 10.0.
  return minus(short(Number(short(x)) || x));
}
/** What says that a value is no number: a negative level. @param {Value} value */
export const oddLevel = value => MORE && value === false ? -6 : value === undefined ? -1 : value === null ? -2 : Number.isNaN(value) ? -3 : Number(value) > 0 ? -4 : -5;
export const ODD = ["", "not comparable", "missing", "NaN", "∞", "−∞", "hidden"];
/** @param {Value} x */
const odd = x => ODD[-oddLevel(x)];

/** A share: two digits. @param {Value} x */
export function percent(x) {
  if (!finite(x)) return odd(x);
  const p = 100 * x;
  return (p === 0 ? "0" : abs(p) < 0.01 ? (p < 0 ? "−" : "") + "<0.01" : two(p)) + "\u00a0%";
}
/** A multiple of an even share, or of the median at a distance. @param {Value} x */
export const times = x => !finite(x) ? odd(x) : (x === 0 ? "0" : x < 0.01 ? "<0.01" : two(x)) + "×";
/** A value with its sign: at most two digits. @param {Value} x */
export function signed(x) {
  if (!finite(x)) return odd(x);
  if (!x) return "0";
  const size = abs(x), plain = size >= 1e-4 && size < 1e6, [digits, power] = plain ? [two(size)] : size.toExponential(1).split("e");
  return (x > 0 ? "+" : "−") + (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits) + (plain ? "" : "e" + minus(power.replace("+", "")));
}
/** Three digits, as they are copied. @param {Value} x */
export const exact = x => finite(x) ? String(Number(x.toPrecision(5))) : odd(x);
/** Thousands apart. @param {number} n */
export const count = n => n.toLocaleString("en");
