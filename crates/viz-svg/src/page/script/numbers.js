// Numbers as texts, as `values/number.rs` writes them.
/** @typedef {import("./data.js").Value} Value */

/** @param {string} s */
const minus = s => s.replaceAll("-", "−");
/** So many significant digits, without an exponent where it reads well. @param {number} x @param {number} digits */
function significant(x, digits) {
  if (x === 0) return "0";
  const power = Math.floor(Math.log10(Math.abs(Number(x.toPrecision(digits)))));
  if (power >= 5 || power < -4) {
    const [mantissa, exponent] = x.toExponential(digits - 1).split("e");
    return minus(mantissa + "e" + exponent.replace("+", ""));
  }
  return minus(x.toFixed(Math.max(0, digits - 1 - power)));
}
/** @param {Value} x */
const odd = x => x === undefined ? "not comparable" : x === null ? "missing" : Number.isNaN(x) ? "NaN" : x > 0 ? "∞" : "−∞";

/** A share: two digits. @param {Value} x */
export function percent(x) {
  if (typeof x !== "number" || !Number.isFinite(x)) return odd(x);
  const p = 100 * x;
  return (p === 0 ? "0" : Math.abs(p) < 0.01 ? (p < 0 ? "−" : "") + "<0.01" : significant(p, 2)) + "\u00a0%";
}
/** A multiple of an even share, or of the median at a distance. @param {Value} x */
export const times = x => typeof x !== "number" || !Number.isFinite(x) ? odd(x) : (x === 0 ? "0" : x < 0.01 ? "<0.01" : significant(x, 2)) + "×";
/** A value with its sign. @param {Value} x */
export const signed = x => typeof x !== "number" || !Number.isFinite(x) ? odd(x) : x === 0 ? "0" : (x > 0 ? "+" : "") + significant(x, 2);
/** Three digits, as they are copied. @param {Value} x */
export const exact = x => typeof x === "number" && Number.isFinite(x) ? String(Number(x.toPrecision(5))) : odd(x);
/** Thousands apart. @param {number} n */
export const count = n => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
