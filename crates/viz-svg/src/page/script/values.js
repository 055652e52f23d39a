// What a row shows: shares of the row or values in their unit, their difference from B's, or shares against distance.
import { abs, data, finite, records } from "./data.js";
import { firstOf, groupOf, partners, ratios, sums, total, view, width } from "./grain.js";
import { hides, ruled } from "./rule.js";
import { byDistance, state } from "./state.js";
/** @typedef {import("./data.js").Value} Value */
/** @typedef {import("./grain.js").View} View */

/** The view of a record in the grain in hand. @param {number} [k] @param {string} [grain] */
export const current = (k = state.record, grain = state.grain) => view(k, grain);
/** A, as a row of a view of its record. @param {View} view */
export const rowOf = view => groupOf(view, state.row);
/** B as a row of its own view. @param {string} grain @returns {{view: View, row: number} | null} */
export function lockOf(grain) {
  if (!state.lock) return null;
  const other = view(state.lock.record, grain);
  return { view: other, row: groupOf(other, state.lock.row) };
}

/** B, where it is subtracted. */
export const subtracted = () => state.mode === "difference" ? lockOf(state.grain) : null;

/** A row's values as shares of it, with their signs. @param {View} view @param {number} row @returns {Value[]} */
function signedShares(view, row) {
  const all = total(view, row) || 1;
  return numbersOf(sums(view, row), value => value / all);
}
/** The same of every number; what is none stays. @param {Value[]} values @param {(value: number) => number} act @returns {Value[]} */
const numbersOf = (values, act) => values.map(value => typeof value === "number" ? act(value) : value);
/** A row by sizes, as shares of it. @param {View} view @param {number} row @returns {Value[]} */
export function shares(view, row) {
  let found = view.shares.get(row);
  if (!found) view.shares.set(row, found = numbersOf(signedShares(view, row), abs));
  return found;
}
/** A row as it is: shares of it where the record has no signs, or its own values. @param {View} view @param {number} row @returns {Value[]} */
const own = (view, row) => view.record.share ? shares(view, row) : sums(view, row);

/** Whether a view is compared with B by shares: its numbers are of another unit or sign. @param {View} view */
export const byShares = view => !!state.lock && records[state.lock.record].kind !== view.record.kind;

/** Whether what a view shows are shares of its rows without a sign of their own, or differences of such. @param {View} view */
export const inShares = view => view.record.share || (state.mode === "difference" && byShares(view));

/** @type {Map<string, Value[]>} */
const known = new Map();
let mode = "";
/** A row as it is compared. @param {View} view @param {number} row */
export const compared = (view, row) => byShares(view) ? shares(view, row) : own(view, row);

/** B's row under the columns of a view. @param {View} view @returns {Value[]} */
export function locked(view) {
  const lock = lockOf(view.grain);
  if (!lock) return [];
  const values = byShares(view) ? shares(lock.view, lock.row) : own(lock.view, lock.row), to = partners(view, lock.view);
  return Array.from(to, at => at >= 0 ? values[at] : undefined);
}

/** What a row shows, by column, whatever is hidden: what scales and totals are of. @param {View} view @param {number} row @returns {Value[]} */
export const whole = (view, row) => once(`${view.k} ${view.grain} ${row}`, () => {
  if (byDistance()) return numbersOf(ratios(view, row), Math.log2);
  if (!subtracted()) return own(view, row);
  const other = once(view.k + view.grain, () => locked(view));
  return compared(view, row).map((mine, i) => mine === undefined || other[i] === undefined ? undefined : mine === null || other[i] === null ? null : Number(mine) - Number(other[i]));
});
/** What a row shows, by column. @type {(view: View, row: number) => Value[]} */
export const shown = !MORE ? whole : (view, row) => ruled() ? once(`${view.k} ${view.grain} ${row} kept`, () => whole(view, row).map((value, i) => !hides(view, row, i) && value)) : whole(view, row);
/** What is known as long as unit and B stay. @param {string} key @param {() => Value[]} made */
function once(key, made) {
  const now = [state.mode, state.lock?.record, state.lock?.row].join();
  if (now !== mode) {
    known.clear();
    mode = now;
  }
  let found = known.get(key);
  if (!found) known.set(key, found = made());
  return found;
}

/** Whether it is drawn around a middle. @param {View} view */
export const diverging = view => byDistance() || !!subtracted() || view.record.signed;

/** A row's columns, the largest first; those of the part alone that is shown. @param {View} view @param {number} row @param {Value[]} [values] */
export function ranked(view, row, values = shown(view, row)) {
  const far = byDistance();
  const sizes = values.map(v => finite(v) ? far ? v : abs(v) : far ? -1e9 : typeof v === "number" ? Infinity : -1);
  return [...sizes.keys()].filter(i => inPart(view, i)).sort((a, b) => sizes[b] - sizes[a] || a - b);
}
/** The three columns that are largest by a size, of those that have one. @param {View} view @param {number} row
 * @param {(value: number) => number} size NaN for none */
export function largest(view, row, size) {
  const values = shown(view, row);
  /** @type {{i: number, x: number}[]} */
  let found = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i], x = finite(value) ? size(value) : NaN;
    if ((found.length < 3 ? x === x : x > found[2].x) && inPart(view, i)) found = [...found, { i, x }].sort((a, b) => b.x - a.x).slice(0, 3);
  }
  return found.map(({ i }) => i);
}
/** @param {View} view @param {number} column */
export const inPart = (view, column) => !state.part || column >= view.inputs || (view.starts[column] >= state.part[0] && view.starts[column] < state.part[1]);

/** The output whose row differs most from another's: by shares of the inputs. @param {{record: number, row: number}} from */
export function mostDifferent({ record, row }) {
  const here = view(record, data.grain), mine = signedShares(here, groupOf(here, row));
  let best = null, most = -1;
  for (let r = 0; r < here.n; r++) {
    if (r === groupOf(here, row)) continue;
    const theirs = signedShares(here, r);
    let gap = 0;
    for (let i = 0; i < here.inputs; i++) if (finite(mine[i]) && finite(theirs[i])) gap += abs(Number(mine[i]) - Number(theirs[i]));
    if (gap > most) [most, best] = [gap, { record, row: firstOf(here, r) }];
  }
  return best;
}
