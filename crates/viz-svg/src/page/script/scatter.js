// A against B: a dot for each word. The plot's place, its axes and their texts come from Rust.
import { abs, finite, max, min, sqrt } from "./data.js";
import { numbers, partners, rowName, width } from "./grain.js";
import { fill, level, scaleOf, theme } from "./scale.js";
import { hides } from "./rule.js";
import { state } from "./state.js";
import { add, fitted, frame, short, widthOf, write } from "./svg.js";
import { compared, locked, lockOf, mostDifferent, rowOf } from "./values.js";
/** @typedef {import("./grain.js").View} View */

/** @param {import("./data.js").Part} part @param {SVGGElement} group @param {import("./scale.js").Scale} scale @param {View} one
 * @param {string} prefix */
export function scatter(part, group, scale, one, prefix) {
  const { ground, panel, ink, muted, apart, mark } = theme(), [X, Y, side] = part.plot, row = one.n ? rowOf(one) : -1;
  /** @type {{column: number, token: number, label: string, x: number, y: number, weight: number, at: number}[]} */
  const dots = [];
  /** @type {any} */ (group).dots = dots;
  const { lock: before, mode } = state;
  // At rest it takes the output that differs most.
  const B = before ?? mostDifferent(state);
  if (row < 0 || one.k !== state.record || !B) return;
  [state.lock, state.mode] = [B, "difference"];
  scale = scaleOf([one.k], one.grain);
  const lock = /** @type {{view: View, row: number}} */ (lockOf(one.grain)), mine = compared(one, row), theirs = locked(one), rest = compared(lock.view, lock.row), to = partners(one, lock.view);
  const end = lock.view.k !== one.k ? width(one, row) : max(width(one, row), width(lock.view, lock.row)), gone = Array.from({ length: MORE ? end : 0 }, (_, i) => hides(one, row, i));
  [state.lock, state.mode] = [before, mode];
  const along = (/** @type {number} */ x) => {
    const share = max(-1, min(1, x / part.reach)), root = sqrt(abs(share));
    return part.form === "root" || part.form === "zero" ? share > 0 ? part.form === "root" ? root : share : 0 : 0.5 + 0.5 * (part.form === "signed" ? Math.sign(share) * root : share);
  };
  const place = (/** @type {number} */ a, /** @type {number} */ b) => [X + along(a) * side, Y + (1 - along(b)) * side];
  add(group, "rect", { x: X, y: Y, width: side, height: side, fill: panel });
  const grid = ground === panel ? apart : ground;
  for (const [at, text] of part.ticks) {
    const [x, y] = [X + at * side, Y + (1 - at) * side];
    add(group, "path", { d: `M${short(x)} ${Y}v${side}M${X} ${short(y)}h${side}`, stroke: grid, "stroke-width": at > 0 && abs(at - along(0)) < 1e-4 ? 2 : 1 });
    write(group, text, x, Y + side + 28, 10, { "text-anchor": "middle" });
    write(group, text, X - 18, y + 3.5, 10, { "text-anchor": "end" });
  }
  add(group, "path", { d: `M${X} ${Y + side}L${X + side} ${Y}`, stroke: grid, "stroke-width": 1.5 });
  const several = lock.view.k !== one.k, bold = { "font-weight": "bold", "text-anchor": "middle" };
  const title = (/** @type {string} */ template, /** @type {View} */ view, /** @type {number} */ row) =>
    fitted(template.replace("{output}", numbers(view, row)).replace("{name}", () => rowName(view, row)) + (several ? ` · ${view.record.axis}` : ""), 12, side);
  write(group, title(part.titles[0], lock.view, lock.row), X + side / 2, Y + side + 48, 12, bold);
  write(group, title(part.titles[1], one, row), 12, Y + side / 2, 12, { ...bold, transform: `rotate(-90 12 ${Y + side / 2})` });
  let hidden = 0;
  for (let column = 0; column < end; column++) {
    if (MORE && gone[column]) continue;
    const a = theirs[column], b = mine[column], label = one.labels[column], token = one.starts[column];
    if (finite(a) && finite(b)) {
      const [x, y] = place(a, b), gap = abs(b - a);
      dots.push({ column, token, label, x, y, weight: max(gap, abs(b) / 2), at: level(scale, b - a) });
    } else if (a === undefined && finite(b)) dots.push({ column, token, label, x: X - 10, y: place(0, b)[1], weight: abs(b), at: -1 });
    else if (finite(a) && b === undefined) dots.push({ column, token, label, x: place(a, 0)[0], y: Y + side + 10, weight: abs(a), at: -1 });
    else hidden++;
  }
  // What only the other record's row has read.
  if (several) {
    const partnered = new Set(to.subarray(0, width(one, row)));
    rest.forEach((a, column) => {
      if (!partnered.has(column) && finite(a)) dots.push({ column: -1, token: -1, label: lock.view.labels[column], x: place(a, 0)[0], y: Y + side + 10, weight: abs(a), at: -1 });
    });
  }
  // What labels may not cover: left, top, right, bottom.
  /** @type {number[][]} */
  const taken = [];
  if (hidden) {
    const note = `${hidden} of ${dots.length + hidden} tokens have no finite pair of values and are not drawn`;
    write(group, note, X, Y - 4, 10, { fill: muted });
    taken.push([X, Y - 11.6, X + widthOf(note, 10), Y - 1.6]);
  }
  // The most telling on top, in one path for as long as the colour stays.
  dots.sort((a, b) => a.weight - b.weight || b.column - a.column);
  for (let i = 0; i < dots.length;) {
    const { at } = dots[i];
    let d = "";
    for (; i < dots.length && dots[i].at === at; i++) d += `M${short(dots[i].x - 2.5)} ${short(dots[i].y)}a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0-5 0z`;
    add(group, "path", { class: "dots", d, fill: fill(scale, at, prefix), stroke: muted, "stroke-width": 0.5 });
  }
  const marked = state.token === null ? undefined : dots.find(dot => dot.column >= 0 && dot.column === one.of[Number(state.token)]);
  if (marked) frame(group, [marked.x - 6, marked.y - 6, 12, 12], mark, 2);
  // Labels of the most telling, where there is room; the first few may stand on other dots.
  const covers = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] < b[2] - 0.01 && b[0] < a[2] - 0.01 && a[1] < b[3] - 0.01 && b[1] < a[3] - 0.01;
  let labels = 0;
  for (const dot of dots.filter(d => d.weight > 0).slice(-42).reverse()) {
    if (labels === 14) break;
    const text = fitted(dot.label, 11, min(120, side / 3)), w = widthOf(text, 11);
    const free = [[6, 4], [-6 - w, 4], [3, -5], [3, 13], [-3 - w, -5], [-3 - w, 13]].map(([dx, dy]) => {
      const [x, y] = [dot.x + dx, dot.y + dy];
      return [x, y - 8.36, x + w, y + 2.64, y];
    }).filter(box => box[0] >= X - 16 && box[2] <= X + side + 16 && box[3] <= Y + side + 18 && !taken.some(other => covers(box, other)));
    const box = free.find(box => !dots.some(d => covers([d.x - 2, d.y - 2, d.x + 2, d.y + 2], box))) ?? (labels < 7 ? free[0] : undefined);
    if (!box) continue;
    labels++;
    taken.push(box);
    write(group, text, box[0], box[4], 11, { fill: ink });
  }
}

