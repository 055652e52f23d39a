// What the page says of its state, in words: the live sentence, titles, the current cell, the legend.
import { data, finite, records } from "./data.js";
import { cells, firstOf, numbers, place, ratios, rowName, width } from "./grain.js";
import { count, percent, signed, times } from "./numbers.js";
import { scaleOf } from "./scale.js";
import { byDistance, state } from "./state.js";
import { hides, ruled, ruleWords } from "./rule.js";
import { current, diverging, inPart, inShares, largest, lockOf, rowOf, shares, shown, subtracted, whole } from "./values.js";
/** @typedef {import("./grain.js").View} View */
/** @typedef {import("./data.js").Value} Value */
/** @typedef {[string, boolean?][]} Said a sentence's pieces; true for what is set off */

const NONE = "The record holds no output.";
/** @param {View} view @param {number} row */
export const titled = (view, row) => `“${rowName(view, row)}” (output ${numbers(view, row)})${view.k === state.record ? "" : ` of ${view.record.name}`}`;

/** A value in the unit that is shown. @param {View} view @param {Value} value */
export function spelled(view, value) {
  if (byDistance()) return times(typeof value === "number" ? 2 ** value : value);
  if (view.record.percent || inShares(view)) {
    return diverging(view) && typeof value === "number" && value > 0 ? "+" + percent(value) : percent(value);
  }
  return signed(value);
}
/** What stands behind such a value. @param {View} view */
const unit = view => byDistance() ? "the median at that distance" : view.record.percent || inShares(view) ? "" : view.record.after;
/** A name that is a sign alone stands in quotes. @param {string} name */
const quoted = name => /[\p{L}\p{N}]/u.test(name) ? name : `“${name}”`;

/** @param {View} view @param {number} row @param {number[]} columns @param {(i: number, first: boolean) => string} behind @returns {Said} */
function list(view, row, columns, behind) {
  /** @type {Said} */
  const said = [];
  columns.forEach((column, i) => {
    if (i) said.push([i === columns.length - 1 ? " and " : ", "]);
    const back = view.inputs + row - column;
    said.push([quoted(view.labels[column]), true], [` (${behind(column, !i)}, ${back}${i ? "" : ` ${back === 1 ? state.grain.slice(0, -1) : state.grain}`} back)`]);
  });
  return said;
}

/** The row in hand in a sentence. @returns {Said} */
export function sentence() {
  const view = current();
  if (!view.n) return [[NONE]];
  const row = rowOf(view), values = shown(view, row), lock = subtracted();
  const name = quoted(rowName(view, row));
  const up = largest(view, row, value => value > 0 ? value : NaN), down = largest(view, row, value => value < 0 ? -value : NaN);
  const plain = (/** @type {number} */ i, /** @type {boolean} */ first) => spelled(view, values[i]) + (first && unit(view) ? " " + unit(view) : "");
  if (lock) {
    /** @type {Said} */
    const said = [[name, true], [" drew more than "], [quoted(rowName(lock.view, lock.row)), true]];
    const more = inShares(view) ? " of the row" : unit(view) && " " + unit(view);
    if (up.length) said.push([" on "], ...list(view, row, up, (i, first) => spelled(view, values[i]) + (first ? more : "")));
    if (down.length) said.push([up.length ? "; less on " : " on nothing, less on "], ...list(view, row, down, i => spelled(view, values[i])));
    return [...said, ["."]];
  }
  if (!up.length && !down.length) return [[name, true], [" drew on nothing that can be shown."]];
  if (byDistance()) {
    return [["Against distance, "], [name, true], [" drew most on "], ...list(view, row, largest(view, row, value => value), plain), ["."]];
  }
  const mine = shares(view, row), even = cells(view, row);
  const later = mine.slice(view.inputs).reduce((/** @type {number} */ sum, value) => sum + (finite(value) ? value : 0), 0);
  const inside = mine.slice(0, view.inputs).reduce((/** @type {number} */ sum, value, i) => sum + (inPart(view, i) && finite(value) ? value : 0), 0);
  const tail = (later > 0 ? `; ${percent(later)} went to earlier outputs` : "") + (state.part ? `; this part holds ${percent(inside)}` : "") + ".";
  if (view.record.share) {
    return [[name, true], [" drew most on "], ...list(view, row, up, (i, first) => plain(i, first) + (first ? `, ${times(Number(values[i]) * even)} an even share` : "")), [tail]];
  }
  /** @type {Said} */
  const said = [[name, true]];
  if (up.length) said.push([" was raised most by "], ...list(view, row, up, plain));
  if (down.length) said.push([up.length ? ", lowered most by " : " was lowered most by "], ...list(view, row, down, (i, first) => plain(i, first && !up.length)));
  return [...said, [later > 0 ? `; ${percent(later)} of Σ|value| went to earlier outputs.` : "."]];
}
/** @param {Said} said */
export const text = said => said.map(([piece]) => piece).join("");

/** A title for the row in hand. */
export function rowTitle() {
  const view = current();
  if (!view.n) return NONE;
  const row = rowOf(view), lock = subtracted();
  return lock ? `${titled(view, row)} minus ${titled(lock.view, lock.row)}`
    : (!numbers(view, row).includes("–") && view.record.titles?.[firstOf(view, row)]) || titled(view, row);
}

/** The current cell in words. */
export function cellWords() {
  const view = current();
  if (!view.n) return NONE;
  const row = rowOf(view);
  let said = `${view.record.name && records.length > 1 ? view.record.name + ". " : ""}Output ${numbers(view, row)} “${rowName(view, row)}”`;
  const lock = lockOf(state.grain);
  if (lock) said += `, compared with ${titled(lock.view, lock.row)}`;
  if (state.token === null) return said + ".";
  const column = view.of[state.token];
  said += `; ${state.grain.slice(0, -1)} ${place(view, column)} “${view.labels[column]}”: `;
  if (column >= width(view, row)) return said + "not read by it.";
  const value = whole(view, row)[column], share = shares(view, row)[column];
  const hidden = MORE && hides(view, row, column) ? ", hidden by the rule" : "";
  if (lock && subtracted()) {
    return said + `${spelled(view, value)} against ${titled(lock.view, lock.row)}${hidden}.`;
  }
  if (!view.record.percent) said += `${signed(valueOf(view, row, column))}${view.record.after && " " + view.record.after}, `;
  said += `${percent(share)} of the row`;
  if (finite(share)) said += `, ${times(share * cells(view, row))} an even share`;
  if (byDistance()) said += `, ${times(ratios(view, row)[column])} the median at that distance`;
  return said + hidden + ".";
}
/** @param {View} view @param {number} row @param {number} column @returns {Value} */
const valueOf = (view, row, column) => view.sums.get(row)?.[column];

/** The legend's texts: the scale's ends, and what is to be known of it. @param {number[]} ks */
export const legend = ks => {
  const said = scaleWords(ks);
  if (MORE && ruled()) said.notes.unshift(ruleWords().said);
  return said;
};
/** @param {number[]} ks */
function scaleWords(ks) {
  const view = current(), scale = scaleOf(ks, state.grain), lock = subtracted();
  const reach = `that much: ${count(scale.over[0])} of ${count(scale.of[0])} input cells` + (scale.of[1] ? `, ${count(scale.over[1])} of ${count(scale.of[1])} of earlier outputs` : "") + (ks.length > 1 ? `, in ${ks.length} records` : "");
  if (byDistance()) {
    const { of } = data.profiles[view.record.profile];
    return { low: times(2 ** -scale.end), middle: "1×", high: `${times(2 ** scale.end)} or more`, notes: [`share ÷ median share at that distance (${of})`, reach, "fainter where fewer than 5 cells stand behind the median"] };
  }
  const of = " " + (inShares(view) ? "of the row" : view.record.unit);
  if (scale.diverging) {
    const [low, high] = lock ? [`more to ${rowName(lock.view, lock.row)} (B)`, `more to ${rowName(view, rowOf(view))} (A)`] : ["lowers", "raises"];
    const faint = scale.cut ? [`fainter below ${percent(scale.cut)}`] : [];
    return { low: `${low}, ${spelled(view, -scale.end)}`, middle: "0", high: `${spelled(view, scale.end)}${of}, ${high}`, notes: [reach, ...faint] };
  }
  const notes = [reach];
  if (scale.cut) notes.push(`fainter below ${percent(scale.cut)}, ${state.intensity === 1 ? "an even share in the mean" : `an even share ÷ ${+state.intensity.toPrecision(3)}`}`);
  return { low: "0", middle: "", high: `${percent(scale.end)}${of} or more`, notes };
}
