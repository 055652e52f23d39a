// Two words' columns: what every output took from each.
import { abs, finite, id, max, min } from "./data.js";
import { append } from "./inspector.js";
import { rowName } from "./grain.js";
import { percent, signed, times } from "./numbers.js";
import { byDistance, state } from "./state.js";
import { current, inShares, shown } from "./values.js";
import { spelled } from "./words.js";
/** @typedef {import("./data.js").Value} Value */

/** The list of outputs, with dots for both words. */
export function columns() {
  const view = current(), list = id("ranked"), a = view.of[state.held ?? -1], b = view.of[state.against ?? state.token ?? -1];
  const both = a !== undefined && b !== undefined && a !== b && b < view.inputs;
  list.replaceChildren();
  list.className = "both two";
  const name = (/** @type {number} */ column) => `“${view.labels[column]}”`;
  id("ranking").textContent = both ? `${name(a)} minus ${name(b)}, for every output`
    : a === undefined ? "Click two words of the input to compare what they gave to every output" : `${name(a)} is held: point at another word`;
  id("held").textContent = "";
  if (!both || !view.n) return;
  const size = (/** @type {Value} */ v) => finite(v) ? abs(v) : 0;
  const rows = Array.from({ length: view.n }, (_, row) => {
    const values = shown(view, row);
    return { row, x: values[a], y: values[b] };
  });
  const largest = max(1e-300, ...rows.map(({ x, y }) => max(size(x), size(y))));
  const spell = (/** @type {Value} */ gap) => !finite(gap) ? "" : byDistance() ? times(2 ** gap)
    : view.record.percent || inShares(view) ? (gap > 0 ? "+" : "") + percent(gap) : signed(gap);
  let more = 0;
  for (const { row, x, y } of rows) {
    const item = append(list, "li", row === view.of[view.record.inputs + state.row] - view.inputs ? "at" : "");
    item.dataset.r = String(row);
    append(item, "b", "", rowName(view, row));
    const track = append(item, "span", "track"), [p, q] = [size(x) / largest, size(y) / largest];
    append(track, "i", "gap").style.cssText = `left:${100 * min(p, q)}%;width:${100 * abs(p - q)}%`;
    append(track, "i", "dot b").style.left = 100 * q + "%";
    append(track, "i", "dot a").style.left = 100 * p + "%";
    const gap = finite(x) && finite(y) ? x - y : finite(x) ? y : x;
    if (finite(gap) && gap > 0) more++;
    append(item, "span", "n", spell(gap));
    append(item, "span", "m", `${spelled(view, x)} ○ ${spelled(view, y)}`);
  }
  id("held").textContent = `${more} of ${view.n} took more from ${name(a)}`;
}
