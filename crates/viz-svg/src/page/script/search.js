// Search over the whole text: every place is counted and marked while the reader types.
import { id, records } from "./data.js";
import { box, spansOf } from "./paragraph.js";
import { state } from "./state.js";

const field = id("search");
/** @type {[number, number][]} the tokens of each place, from and to */
let hits = [];
let at = -1, last = "";

/** Finds the text that is asked for. */
function find() {
  const record = records[state.record], query = field.value.toLowerCase().trim().replace(/\s+/g, " ");
  const key = state.record + query;
  if (key === last) return;
  last = key;
  hits = [];
  at = -1;
  /** @type {number[]} the token of each character */
  const tokens = [];
  let text = "";
  record.texts.forEach((piece, token) => {
    for (const c of piece.toLowerCase().replace(/\s/g, " ")) {
      for (let i = 0; i < c.length; i++) tokens.push(token);
      text += c;
    }
  });
  for (let from = query ? text.indexOf(query) : -1; from >= 0; from = text.indexOf(query, from + 1)) {
    // A leading space belongs to the token's gap, and not to what is found.
    hits.push([tokens[from], tokens[from + query.length - 1] + 1]);
  }
}

/** Marks what is found, and says how much it is. */
export function mark() {
  find();
  const found = id("found"), query = field.value.trim();
  found.textContent = !query ? "" : !hits.length ? "not in the text" : at < 0 ? `${hits.length} place${hits.length > 1 ? "s" : ""}` : `${at + 1} of ${hits.length}`;
  if (!box) return;
  for (const old of box.querySelectorAll("[data-hit]")) delete old.dataset.hit;
  hits.forEach(([from, to], i) => { for (const span of spansOf(from, to)) span.dataset.hit = i === at ? "now" : ""; });
}
/** Goes to the next place, or to the one before. @param {number} by @param {(token: number) => void} go */
export function step(by, go) {
  find();
  if (!hits.length) return mark();
  at = (at < 0 ? (by > 0 ? 0 : hits.length - 1) : at + by + hits.length) % hits.length;
  go(hits[at][0]);
  mark();
  spansOf(...hits[at])[0]?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
export { field };
