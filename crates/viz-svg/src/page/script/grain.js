// A record's rows by tokens, words or sentences: the values of a group are summed, as `Record::regroup` sums them.
import { abs, finite, held, min, nameOf, position, profiles, records } from "./data.js";
/** @typedef {import("./data.js").Rec} Rec */
/** @typedef {import("./data.js").Value} Value */

/** @typedef {{k: number, record: Rec, grain: string, starts: number[], of: Int32Array, inputs: number, n: number, labels: string[],
 *   sums: Map<number, Value[]>, shares: Map<number, Value[]>, totals: Map<number, number>, ratios: Map<number, Value[]>, behind: Map<number, number[]>}} View
 * `of` is the group of each token, `n` counts the groups of outputs */

/** @type {Map<string, View>} */
const views = new Map();

/** @param {number} k @param {string} grain @returns {View} */
export function view(k, grain) {
  const key = k + grain, known = views.get(key);
  if (known) return known;
  const record = records[k], groups = grain === "tokens" ? null : record[/** @type {"words"} */ (grain)];
  const starts = groups?.starts ?? record.texts.map((_, i) => i), of = new Int32Array(record.texts.length);
  starts.forEach((start, g) => of.fill(g, start, starts[g + 1]));
  const labels = starts.map((start, g) => groups?.labels[g] ?? nameOf(record, start));
  const inputs = starts.findIndex(start => start >= record.inputs);
  const count = inputs < 0 ? starts.length : inputs;
  const made = { k, record, grain, starts, of, inputs: count, n: starts.length - count, labels, sums: new Map(), shares: new Map(), totals: new Map(), ratios: new Map(), behind: new Map() };
  views.set(key, made);
  return made;
}

/** The group that holds an output. @param {View} view @param {number} row */
export const groupOf = (view, row) => view.n ? view.of[view.record.inputs + row] - view.inputs : 0;
/** The outputs of a group: the first, and the one after the last. @param {View} view @param {number} row */
const outputs = (view, row) => {
  const { starts, record } = view, g = view.inputs + row;
  return [starts[g] - record.inputs, (starts[g + 1] ?? record.texts.length) - record.inputs];
};
/** The first output of a group. @param {View} view @param {number} row */
export const firstOf = (view, row) => outputs(view, row)[0];
/** A row's number or numbers, as the record counts outputs. @param {View} view @param {number} row */
export function numbers(view, row) {
  const [from, to] = outputs(view, row);
  return to - from > 1 ? `${from}–${to - 1}` : String(from);
}
/** A row's name. @param {View} view @param {number} row */
export function rowName(view, row) {
  const [from, to] = outputs(view, row);
  return (to - from === 1 && view.record.rows?.[from]) || view.labels[view.inputs + row];
}
/** How many groups a row covers. @param {View} view @param {number} row */
export const width = (view, row) => view.inputs + row;
/** How many cells a whole row has: those that are shown, and each input that is left out. @param {View} view @param {number} row */
export const cells = (view, row) => width(view, row) + (view.record.left ?? 0);
/** A group's position in the whole record. @param {View} view @param {number} column */
export const place = (view, column) => position(view.record, view.starts[column]);

/** A row's sums, as the record holds them. @param {View} view @param {number} row */
export function sums(view, row) {
  let found = view.sums.get(row);
  if (found) return found;
  const { record, starts } = view, [from, to] = outputs(view, row);
  found = Array.from({ length: width(view, row) }, (_, g) => {
    /** @type {Value} */
    let sum = null;
    for (let r = from; r < to; r++) {
      for (let token = starts[g]; token < starts[g + 1]; token++) {
        const value = held(record, r, token);
        if (typeof value === "number") sum = (sum ?? 0) + value;
      }
    }
    return sum;
  });
  view.sums.set(row, found);
  return found;
}

/** A row's Σ |value|, with what fell inside the row itself and what is not shown. @param {View} view @param {number} row */
export function total(view, row) {
  let found = view.totals.get(row);
  if (found !== undefined) return found;
  const { record, starts, inputs } = view, [from, to] = outputs(view, row);
  let outer = 0, inner = 0, cut = 0;
  for (const value of sums(view, row)) if (finite(value)) outer += abs(value);
  for (let r = from; r < to; r++) {
    for (let token = starts[inputs + row]; token < record.inputs + r; token++) {
      const value = held(record, r, token);
      if (finite(value)) inner += value;
    }
    const within = record.within?.[r] ?? 0;
    inner += within;
    // Of several rows it is known where nothing cancels, as `Excerpt::regrouped` has it.
    if (to - from === 1 || (record.adds && !record.inside?.slice(from, to).includes(null))) cut += (record.totals[r] - abs(within)) * (1 - (record.inside?.[r] ?? 1));
  }
  found = outer + abs(inner) + cut;
  view.totals.set(row, found);
  return found;
}

/** A row's shares, once for each output, by the median shares at the distances of their cells. @param {View} view @param {number} row */
export function ratios(view, row) {
  let found = view.ratios.get(row);
  if (found) return found;
  const { record, starts } = view, [from, to] = outputs(view, row), { median, n } = profiles[record.profile];
  const values = sums(view, row), all = total(view, row);
  /** @type {number[]} */
  const behind = [];
  found = Array.from({ length: width(view, row) }, (_, g) => {
    let expected = 0, least = Infinity;
    for (let r = from; r < to; r++) {
      for (let token = starts[g]; token < starts[g + 1]; token++) {
        const d = position(record, record.inputs + r) - position(record, token);
        expected += median[d] ?? NaN;
        least = min(least, n[d] ?? 0);
      }
    }
    behind.push(least);
    const value = values[g];
    return !finite(value) ? value === null ? null : undefined : expected > 0 && all > 0 ? (to - from) * abs(value) / all / expected : undefined;
  });
  view.ratios.set(row, found);
  view.behind.set(row, behind);
  return found;
}

/** The group of another view that a group is compared with, or -1. @type {Map<string, Int32Array>} */
const aligned = new Map();
/** @param {View} view @param {View} other */
export function partners(view, other) {
  const key = view.k + view.grain + other.k;
  let found = aligned.get(key);
  if (!found) {
    const tokens = new Int32Array(view.record.texts.length).fill(-1);
    if (view.k === other.k) tokens.forEach((_, i) => { tokens[i] = i; });
    else for (const [from, to, length] of view.record.aligned?.[other.k] ?? []) for (let i = 0; i < length; i++) tokens[from + i] = to + i;
    found = Int32Array.from(view.starts, start => tokens[start] < 0 ? -1 : other.of[tokens[start]]);
    aligned.set(key, found);
  }
  return found;
}
