// Under the text and the heat map: the words that A drew most on, ranked; with B, both of them; and the whole table.
import { abs, finite, id, make, max, min } from "./data.js";
import { cells, place, ratios, rowName, width } from "./grain.js";
import { percent, signed, times } from "./numbers.js";
import { levels, scaleOf } from "./scale.js";
import { byDistance, state } from "./state.js";
import { compared, current, inShares, locked, ranked, rowOf, shares, shown, subtracted, whole } from "./values.js";
import { rowTitle, spelled } from "./words.js";
/** @typedef {import("./grain.js").View} View */
/** @typedef {import("./data.js").Value} Value */

const WORDS = 15, ROWS = 40;

/** @param {Element} parent @param {string} name @param {string} className @param {string} [text] @returns {HTMLElement} */
export function append(parent, name, className, text) {
  const made = make(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

/** How much of a row some columns hold. @param {View} view @param {number} row @param {number[]} columns */
export function heldBy(view, row, columns) {
  const mine = shares(view, row);
  return columns.reduce((sum, i) => sum + (finite(mine[i]) ? Number(mine[i]) : 0), 0);
}

/** A share as a multiple of an even one. @param {View} view @param {number} row @param {Value} share */
const even = (view, row, share) => finite(share) ? times(share * cells(view, row)) : "";

/** The ranked words. */
export function rank() {
  const list = id("ranked");
  if (!list) return;
  const view = current(), lock = subtracted();
  list.replaceChildren();
  list.className = lock ? "both" : "";
  id("ranking").textContent = rowTitle();
  id("held").textContent = "";
  if (!view.n) return;
  const row = rowOf(view), values = shown(view, row), columns = ranked(view, row).filter(i => !MORE || values[i] !== false).slice(0, WORDS), scale = scaleOf([view.k], state.grain);
  const at = levels(scale, view, row), mine = shares(view, row), other = lock ? locked(view) : [];
  const own = lock ? compared(view, row) : [];
  const size = (/** @type {Value} */ v) => finite(v) ? abs(v) : 0;
  const largest = max(1e-300, ...columns.map(i => lock ? max(size(own[i]), size(other[i])) : size(values[i])));
  for (const column of columns) {
    const item = append(list, "li", view.of[state.token ?? -1] === column ? "at" : ""), value = values[column];
    item.dataset.c = String(view.starts[column]);
    append(item, "b", "", view.labels[column]);
    const track = append(item, "span", lock ? "track" : "amount");
    if (lock) {
      const [a, b] = [size(own[column]) / largest, size(other[column]) / largest];
      append(track, "i", "gap").style.cssText = `left:${100 * min(a, b)}%;width:${100 * abs(a - b)}%`;
      append(track, "i", "dot b").style.left = 100 * b + "%";
      append(track, "i", "dot a").style.left = 100 * a + "%";
    } else {
      append(track, "i", "").style.cssText = `width:${100 * size(value) / largest}%;background:${scale.colors[at[column]] ?? ""}`;
    }
    append(item, "span", "n", spelled(view, value));
    append(item, "span", "m", lock ? `${word(view, own[column])} ○ ${word(view, other[column])}` : !byDistance() && view.record.percent ? even(view, row, mine[column]) : percent(mine[column]));
    // Tokens, words or sentences.
    if (!lock) append(item, "span", "d", `${view.inputs + row - column} back`);
  }
  if (!lock) id("held").textContent = `these ${columns.length} of ${width(view, row)} hold ${percent(heldBy(view, row, columns))}`;
}
/** @param {View} view @param {Value} value */
const word = (view, value) => view.record.percent || inShares(view) ? percent(value) : signed(value);

/** The table's head and lines, as texts. @param {number} top */
export function lines(top) {
  const view = current(), lock = subtracted();
  if (!view.n) return { head: /** @type {string[]} */ ([]), rows: /** @type {string[][]} */ ([]), columns: /** @type {number[]} */ ([]), all: 0, view, row: 0 };
  const row = rowOf(view), all = ranked(view, row), columns = all.slice(0, top), values = shown(view, row), numbers = MORE ? whole(view, row) : values, mine = shares(view, row);
  const unit = view.record.percent ? "value" : view.record.unit;
  const head = ["#", state.grain.slice(0, -1)];
  if (lock) head.push(`A: ${rowName(view, row)}`, `B: ${rowName(lock.view, lock.row)}`, "difference");
  else if (byDistance()) head.push("share", "× median", "cells");
  else head.push(...(view.record.share ? ["share"] : [unit, "share"]), "× even");
  const own = lock ? compared(view, row) : [], other = lock ? locked(view) : [], behind = byDistance() ? (ratios(view, row), view.behind.get(row) ?? []) : [];
  const rows = columns.map(i => [String(place(view, i)), view.labels[i] + (MORE && values[i] === false ? " · hidden" : ""),
    ...(lock ? [word(view, own[i]), word(view, other[i]), spelled(view, numbers[i])]
      : byDistance() ? [percent(mine[i]), spelled(view, numbers[i]), String(behind[i])]
        : view.record.share ? [percent(mine[i]), even(view, row, mine[i])] : [spelled(view, numbers[i]), percent(mine[i]), even(view, row, mine[i])])]);
  return { head, rows, columns, all: all.length, view, row };
}

/** Fills the table; cells that are there keep their places. @param {HTMLTableElement} table @param {boolean} every */
export function fillTable(table, every) {
  const { head, rows, columns, all, view, row } = lines(every ? Infinity : ROWS);
  let [caption, thead, tbody] = table.children;
  if (!caption) {
    [caption, thead, tbody] = ["caption", "thead", "tbody"].map(name => table.appendChild(make(name)));
    thead.append(make("tr"));
  }
  /** @param {Element} tr @param {string} name @param {string[]} texts */
  const line = (tr, name, texts) => {
    while (tr.children.length > texts.length) tr.lastChild?.remove();
    texts.forEach((text, i) => {
      const cell = tr.children[i] ?? tr.appendChild(make(name));
      if (cell.textContent !== text) cell.textContent = text;
      if (name === "th") cell.setAttribute("scope", "col");
    });
  };
  caption.textContent = rowTitle() + (rows.length ? `: these ${rows.length} of ${all} hold ${percent(heldBy(view, row, columns))}` : "");
  line(thead.children[0], "th", head);
  while (tbody.children.length > rows.length) tbody.lastChild?.remove();
  rows.forEach((texts, i) => {
    const tr = /** @type {HTMLElement} */ (tbody.children[i] ?? tbody.appendChild(make("tr")));
    tr.dataset.c = String(view.starts[columns[i]]);
    tr.classList.toggle("at", state.token !== null && view.of[state.token] === columns[i]);
    line(tr, "td", texts);
  });
}
