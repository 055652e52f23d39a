// Pairs of words: what two do together beyond the sum of what each does, for the word in hand or the largest of all.
import { abs, id, inTable, max, nameOf } from "./data.js";
import { append } from "./inspector.js";
import { firstOf } from "./grain.js";
import { percent, signed } from "./numbers.js";
import { scaleOf } from "./scale.js";
import { state } from "./state.js";
import { current, diverging, rowOf, subtracted } from "./values.js";
import { rowTitle } from "./words.js";
/** @typedef {{i: number, j: number, x: number, error: number | null}} Pair */

const MOST = 15, MARKED = 8;

/** The pairs of an output, the largest first; with B their differences from its pairs. @returns {Pair[]} */
function all() {
  const view = current(), lock = subtracted(), pairs = view.record.pairs;
  if (!view.n || !pairs) return [];
  /** @param {number} row @returns {[number, number, number | null, number | null][]} */
  const of = row => pairs.at.map(([i, j], at) => [i, j, inTable(pairs.values, row, at), pairs.errors ? inTable(pairs.errors, row, at) : null]);
  const other = lock?.view.k === view.k ? new Map(of(firstOf(lock.view, lock.row)).map(([i, j, x]) => [i + " " + j, x])) : null;
  return of(firstOf(view, rowOf(view))).flatMap(([i, j, x, error]) => {
    const y = other ? other.get(i + " " + j) ?? null : 0;
    return x === null || y === null ? [] : [{ i, j, x: x - y, error: other ? null : error }];
  }).sort((a, b) => abs(b.x) - abs(a.x));
}
/** Those of the word that is held, or else in hand; its own effect apart. */
function ofWord() {
  const view = current(), token = state.held ?? state.token, g = token === null ? undefined : view.of[token];
  const is = (/** @type {number} */ token) => view.of[token] === g, found = all();
  const own = found.filter(({ i, j }) => i === j && is(i));
  return { own, pairs: found.filter(({ i, j }) => i !== j && (g === undefined || !own.length || is(i) !== is(j))), word: own.length ? g : undefined };
}
/** Partners of the word: the class of their mark in the text, by group. @returns {Map<number, string>} */
export function partnersOfWord() {
  const view = current(), { pairs, word } = ofWord();
  return new Map(word === undefined || state.view !== "pairs" ? [] : pairs.slice(0, MARKED).filter(({ x }) => x).map(({ i, j, x }) => [view.of[i] === word ? view.of[j] : view.of[i], x > 0 ? " more" : " less"]));
}

/** The list of pairs. */
export function pairs() {
  const view = current(), { record } = view, list = id("ranked"), { own, pairs, word } = ofWord();
  const number = (/** @type {number} */ x) => (record.pairs?.percent ? (x > 0 ? "+" : "") + percent(x) : signed(x)) + (record.pairs?.after && " " + record.pairs.after);
  list.replaceChildren();
  list.className = "pairs";
  id("ranking").textContent = `Pairs beyond their sum: ${rowTitle()}` + (word === undefined ? "" : ` · “${view.labels[word]}”${state.held === null ? "" : " (held)"}`);
  id("held").textContent = own.map(({ x }) => `alone: ${number(x)}`).join() || (pairs.length ? "the largest of all" : "this output has no pairs in the record");
  const shown = pairs.slice(0, MOST), largest = max(1e-300, ...shown.map(({ x }) => abs(x))), { colors } = scaleOf([view.k], state.grain);
  const [low, high] = diverging(view) ? [colors[4], colors[colors.length - 5]] : ["var(--b)", "var(--a)"];
  for (const { i, j, x, error } of shown) {
    const partner = view.of[i] === word ? j : i, item = append(list, "li", "");
    item.dataset.c = String(partner);
    append(item, "b", "", word === undefined ? `${nameOf(record, i)} + ${nameOf(record, j)}` : nameOf(record, partner));
    const bar = append(item, "span", "amount signed");
    append(bar, "i", "").style.cssText = `left:${x < 0 ? 50 - 50 * -x / largest : 50}%;width:${50 * abs(x) / largest}%;background:${x < 0 ? low : high}`;
    append(item, "span", "n", number(x) + (error === null ? "" : ` ± ${signed(error).slice(1)}`));
    append(item, "span", "d", subtracted() ? x > 0 ? "more than for B" : "less than for B" : x > 0 ? "more than their sum" : x < 0 ? "less than their sum" : "nothing beyond");
  }
}
