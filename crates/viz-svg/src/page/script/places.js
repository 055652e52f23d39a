// Charts that stay as they are drawn, but for what lies over them: where words and outputs are, to be pointed at, and
// rows that show their whole text.
import { firstOf } from "./grain.js";
import { fill, inkOn, level, theme } from "./scale.js";
import { state } from "./state.js";
import { add } from "./svg.js";
import { whole } from "./values.js";
/** @typedef {import("./data.js").Part} Part */
/** @typedef {import("./grain.js").View} View */
/** @typedef {import("./scale.js").Scale} Scale */

/** @param {View} view @param {number} row */
const isOpen = (view, row) => row >= 0 && state.expand.includes(firstOf(view, row));
/** Shows a row whole, or no longer. @param {number} output its first output */
export function expand(output) {
  state.expand = state.expand.includes(output) ? state.expand.filter(other => other !== output) : [...state.expand, output].sort((a, b) => a - b);
}

/** Rows one under another: those that are expanded show the text in the colours of their values, whatever is hidden.
 * @param {import("./figures.js").Figure} figure @param {Part} part @param {SVGGElement} group @param {Scale} scale @param {View} view */
export function rows(figure, part, group, scale, view) {
  const lines = /** @type {NodeListOf<SVGGElement>} */ (figure.svg.querySelectorAll("[data-name=row]")), { panel, ink } = theme(), { viewBox: { baseVal } } = figure.svg;
  let shift = 0;
  part.rows.forEach((/** @type {number[]} */ [row, top, height], /** @type {number} */ i) => {
    lines[i].setAttribute("transform", `translate(0 ${shift})`);
    const open = isOpen(view, row);
    lines[i].lastElementChild?.setAttribute("display", open ? "none" : "inline");
    if (!open) return;
    const values = whole(view, row).map(value => level(scale, value)), [left, wide, high] = part.text;
    const text = add(group, "g", { transform: `translate(${left} ${top + shift})` });
    add(text, "rect", { width: wide, height: high, fill: panel });
    for (const [token, x, y, width, height] of part.boxes) if (values[token] !== undefined) add(text, "rect", { x, y, width, height, fill: fill(scale, values[token], figure.prefix) });
    for (const [token, x, y, textLength, said] of part.texts) {
      add(text, "text", { x, y, "font-size": part.size, textLength, lengthAdjust: "spacingAndGlyphs", fill: values[token] === undefined ? ink : inkOn(scale, values[token]) }, said);
    }
    shift += high - height;
  });
  part.full ??= baseVal.height;
  baseVal.height = part.full + shift;
  figure.svg.setAttribute("height", String(baseVal.height));
  figure.svg.querySelector("rect")?.setAttribute("height", String(baseVal.height));
}
/** The row at a height, or -1, and how far it has moved. @param {Part} part @param {View} view @param {number} y */
export function rowAt(part, view, y) {
  let shift = 0;
  for (const [row, top, height] of part.rows) {
    const high = isOpen(view, row) ? part.text[2] : height;
    if (y >= top + shift && y < top + shift + high) return row;
    shift += high - height;
  }
  return -1;
}

/** Frames of what is in hand, where a chart says where that is. @param {Part} part @param {View} view @param {number[]} marked the
 * tokens in hand: the output, B, the word @param {(rect: number[], color: string, width: number) => void} around */
export function frames(part, view, marked, around) {
  const { a, b, mark } = theme(), group = (/** @type {number | null} */ token) => token === null ? -1 : view.of[token] ?? -1;
  const chosen = state.with === null ? undefined : view.record.replaced?.list[state.with];
  if (chosen && part.kind === "places") for (const [own, ...rect] of part.boxes) if (rect[4] === chosen[2] && own === view.of[chosen[0]]) around(rect, mark, 2);
  const [output, lock, token] = marked, two = state.view === "columns";
  for (const [at, color] of /** @type {[number, string][]} */ ([[output, a], [lock, b], [token, mark], [group(state.held), two ? a : mark], [group(state.against), b]])) {
    if (at < 0) continue;
    if (part.kind === "places") for (const [own, ...rect] of part.boxes) if (own === at && rect[4] === undefined) around(rect, color, 2);
    if (part.kind === "rows" && at >= view.inputs) {
      let shift = 0;
      for (const [row, top, height] of part.rows) {
        if (row === at - view.inputs) around([0, top + shift, part.label[0], part.label[1]], color, 2);
        if (isOpen(view, row)) shift += part.text[2] - height;
      }
    }
  }
}
