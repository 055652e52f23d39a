// The words that stood in the place of the word in hand: how each moved the output's target, and where it leads.
import { abs, id, inTable, make, max, press } from "./data.js";
import { append } from "./inspector.js";
import { numbers, rowName } from "./grain.js";
import { percent, signed } from "./numbers.js";
import { theme } from "./scale.js";
import { state } from "./state.js";
import { current, rowOf } from "./values.js";
/** @typedef {import("./data.js").Replaced} Replaced */
/** @typedef {import("./grain.js").View} View */

/** The replacements of a view's record. @param {View} view @returns {Replaced[]} */
const listOf = view => view.record.replaced?.list ?? [];
/** The change of a row's target, which is the sum over its outputs; `null` where one of them has none. @param {View} view
 * @param {number} at a replacement's place in the list @returns {number | null} */
function changeOf(view, at) {
  const { replaced, inputs, texts } = view.record, row = view.inputs + rowOf(view);
  let sum = /** @type {number | null} */ (0);
  for (let output = view.starts[row] - inputs; output < (view.starts[row + 1] ?? texts.length) - inputs; output++) {
    const x = replaced ? inTable(replaced.changes, at, output) : null;
    sum = sum === null || x === null ? null : sum + x;
  }
  return sum;
}
/** The replacements of the word that is held or in hand; where there is none, of that with the widest spread.
 * @param {View} view @returns {{token: number, list: {at: number, change: number | null}[]}} */
function ofWord(view) {
  /** @type {Map<number, {at: number, change: number | null}[]>} */
  const words = new Map();
  listOf(view).forEach(([first], at) => words.set(first, [...words.get(first) ?? [], { at, change: changeOf(view, at) }]));
  const spread = (/** @type {number} */ token) => {
    const all = [0, ...(words.get(token) ?? []).map(({ change }) => change ?? 0)];
    return max(...all) - Math.min(...all);
  };
  const hand = state.held ?? state.token, widest = [...words.keys()].sort((a, b) => spread(b) - spread(a) || a - b)[0] ?? -1;
  const found = hand === null ? widest : [...words.keys()].find(token => view.of[token] === view.of[hand] || (hand >= token && hand < token + countOf(view, token))) ?? -1;
  return { token: found, list: [...words.get(found) ?? []].sort((a, b) => Number(a.change) - Number(b.change)) };
}
/** How many tokens were replaced from this one on. @param {View} view @param {number} token */
const countOf = (view, token) => listOf(view).find(([at]) => at === token)?.[1] ?? 1;
/** The words of the text that were replaced, by group: what of theirs is marked. @returns {Map<number, string>} */
export const replacedWords = () => {
  const view = current();
  return new Map(state.view !== "replaced" ? [] : listOf(view).map(([at]) => [view.of[at], " rep"]));
};

/** Two texts in words: those that only one of them has. @param {string[]} one @param {string[]} other
 * @returns {[boolean[], boolean[]]} */
function differing(one, other) {
  // The longest common subsequence, from the ends.
  const length = one.map(() => Array(other.length + 1).fill(0)).concat([Array(other.length + 1).fill(0)]);
  for (let i = one.length - 1; i >= 0; i--) {
    for (let j = other.length - 1; j >= 0; j--) length[i][j] = one[i] === other[j] ? length[i + 1][j + 1] + 1 : max(length[i + 1][j], length[i][j + 1]);
  }
  const apart = /** @type {[boolean[], boolean[]]} */ ([one.map(() => true), other.map(() => true)]);
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) apart[0][i++] = apart[1][j++] = false;
    else if (length[i + 1][j] >= length[i][j + 1]) i++;
    else j++;
  }
  return apart;
}

let built = "";
/** The list of replacements, and the continuation that the chosen one leads to. */
export function replaced() {
  const view = current(), { record } = view, list = id("ranked"), { token, list: all } = ofWord(view);
  const unit = record.replaced?.unit ? " " + record.replaced.unit : "", name = token < 0 ? "" : view.labels[view.of[token]];
  const of = view.n ? `“${rowName(view, rowOf(view))}” (output ${numbers(view, rowOf(view))})` : "";
  id("ranking").textContent = token < 0 ? "No replacement of this word was tried" : `“${name}”${state.held === null ? "" : " (held)"} replaced: change of ${of}`;
  id("held").textContent = token < 0 ? "underlined words were replaced" : "a click shows where it leads";
  // What has the focus stays where it is.
  const key = [record.name, state.row, state.grain, token].join();
  if (built !== key || list.className !== "replaced") {
    built = key;
    list.replaceChildren();
    list.className = "replaced";
    const { a, b } = theme(), largest = max(1e-300, ...all.map(({ change }) => abs(change ?? 0)));
    for (const { at, change } of all) {
      const [, , text, probability, continuation] = listOf(view)[at], item = append(list, "li", "");
      const button = append(item, "button", "", text), bar = append(item, "span", "amount signed"), x = change ?? 0;
      button.setAttribute("type", "button");
      button.dataset.with = String(at);
      if (change !== null) append(bar, "i", "").style.cssText = `left:${x < 0 ? 50 - 50 * -x / largest : 50}%;width:${50 * abs(x) / largest}%;background:${x < 0 ? b : a}`;
      append(item, "span", "n", change === null ? "missing" : signed(change) + unit);
      append(item, "span", "d", [probability === null ? "" : percent(probability) + " likely", continuation === null ? "" : "continued"].filter(x => x).join(", "));
    }
  }
  for (const button of list.querySelectorAll("button")) press(button, button.dataset.with === String(state.with));
  continuation(view);
}

/** The continuation that the chosen replacement leads to, under the old one. @param {View} view */
export function continuation(view) {
  const { record } = view, place = id("continuation"), chosen = state.view === "replaced" && state.with !== null ? listOf(view)[state.with] : undefined;
  const key = chosen ? [record.name, state.with].join() : "";
  if (place.dataset.key === key) return;
  place.dataset.key = key;
  place.replaceChildren();
  if (!chosen) return;
  const [at, , text, , led] = chosen, name = view.labels[view.of[at]];
  if (led === null) return void place.append(`With “${text}” for “${name}” nothing was continued: only the largest changes are.`);
  const old = record.texts.slice(record.inputs).join("");
  const words = [old, led].map(text => text.trim().split(/\s+/)), apart = differing(words[0], words[1]);
  ["before", `with “${text}” for “${name}”`].forEach((said, k) => {
    const line = append(place, "span", "led");
    append(line, "b", "", said + ": ");
    words[k].forEach((word, i) => {
      line.append(i ? " " : "");
      if (!apart[k][i]) return line.append(word);
      const mark = make(k ? "ins" : "del");
      mark.textContent = word;
      line.append(mark);
    });
  });
}
