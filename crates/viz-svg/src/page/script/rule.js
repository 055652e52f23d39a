// What a rule hides: a bit for each cell, in each grain, which Rust has set (`page/kept.rs`). Numbers stay as they are.
import { data, finite } from "./data.js";
import { partners, width } from "./grain.js";
import { count, percent } from "./numbers.js";
import { state } from "./state.js";
import { current, rowOf, shares, subtracted } from "./values.js";
/** @typedef {import("./grain.js").View} View */

/** Whether there is a rule, and it is on. */
export const ruled = () => MORE && state.rule && !!data.rule;

/** @type {Map<View, Uint8Array>} */
const bits = new Map();
/** @param {View} view @param {number} row @param {number} column */
function kept(view, row, column) {
  let own = bits.get(view);
  if (!own) bits.set(view, own = Uint8Array.from(atob(view.record.kept?.[view.grain] ?? ""), c => c.charCodeAt(0)));
  const at = row * view.inputs + row * (row - 1) / 2 + column;
  return column < width(view, row) && !!(own[at >> 3] >> (at & 7) & 1);
}
/** Whether a cell is hidden: of a difference where neither row keeps it. @param {View} view @param {number} row @param {number} column */
export function hides(view, row, column) {
  if (!ruled() || kept(view, row, column)) return false;
  const lock = subtracted();
  return !lock || !kept(lock.view, lock.row, partners(view, lock.view)[column]);
}

/** @param {View} view @param {number[]} rows @returns {{kept: number, of: number, share: number}} how many cells are
 * kept, of how many, and the mean of what is hidden of a row */
function cost(view, rows) {
  let of = 0, gone = 0, share = 0, n = 0;
  for (const row of rows) {
    const mine = shares(view, row);
    of += mine.length;
    if (mine.some(finite)) n++;
    mine.forEach((x, i) => {
      if (!hides(view, row, i)) return;
      gone++;
      if (finite(x)) share += x;
    });
  }
  return { kept: of - gone, of, share: n ? share / n : NaN };
}
/** The rule and what it costs: of the row in hand, and of all. */
export function ruleWords() {
  const view = current();
  if (!view.n) return { short: "Rule", said: "" };
  const one = cost(view, [rowOf(view)]), all = cost(view, [...Array(view.n).keys()]);
  const share = (/** @type {number} */ x) => finite(x) ? percent(x) : "–";
  return {
    short: `Rule hides ${share(one.share)}`,
    said: `shown: ${data.rule}: ${count(one.kept)} of ${count(one.of)} of this row, ${count(all.kept)} of ${count(all.of)} in all; `
      + `hidden (dotted): ${share(one.share)} of this row, ${share(all.share)} of a row in the mean`,
  };
}
