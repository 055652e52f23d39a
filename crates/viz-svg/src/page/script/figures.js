// The figures: groups of their SVG are redrawn from the values when the state changes. Places come from Rust.
import { data, floor, make, max, min, themes } from "./data.js";
import { groupOf, width } from "./grain.js";
import { alike, fill, inkOn, levels, scaleOf, theme, themeName } from "./scale.js";
import { scatter } from "./scatter.js";
import { frames, rowAt, rows } from "./places.js";
import { state } from "./state.js";
import { add, fitted, frame, painter, short, widthOf, write } from "./svg.js";
import { current } from "./values.js";
/** @typedef {import("./data.js").Part} Part */
/** @typedef {import("./grain.js").View} View */
/** @typedef {import("./scale.js").Scale} Scale */
/** @typedef {{data: import("./data.js").FigureData, number: number, section: HTMLElement, svg: SVGSVGElement, groups: SVGGElement[], keys: string[],
 *   box: HTMLElement, seen: boolean, drawn: boolean, prefix: string}} Figure */

// Cells above which a grid is a picture; how far above the cells their ticks can be clicked.
const AS_PATHS = 12000, TICKS = 12;

/** @type {Figure[]} */
export const figures = data.figures.map((/** @type {import("./data.js").FigureData} */ figure, /** @type {number} */ number) => {
  const section = /** @type {HTMLElement} */ (document.querySelector(`[data-figure="${number}"]`));
  const svg = /** @type {SVGSVGElement} */ (section.querySelector("svg"));
  return { data: figure, number, section, svg, groups: [...svg.querySelectorAll("[data-live]")], keys: [], seen: false, drawn: false,
    box: section.querySelector(".chart"), prefix: "saliency-" + number };
});

/** The view that a part shows. @param {Figure} figure @param {Part} part */
const viewOf = (figure, part) => current(part.panel !== undefined ? figure.data.records[part.panel]
  : figure.data.records.includes(state.record) ? state.record : figure.data.records[0], MORE && part.grain || figure.data.grain);
/** A, as a row of a view, where it is one of its record's. @param {View} view */
const handOf = view => view.k === state.record && view.n ? groupOf(view, state.row) : -1;
/** @param {View} view */
const lockedOf = view => state.lock?.record === view.k ? groupOf(view, state.lock.row) : -1;
/** @param {View} view */
const tokenOf = view => state.token === null ? -1 : view.of[state.token] ?? -1;


/** @type {Record<string, (figure: Figure, part: Part, group: SVGGElement, scale: Scale, view: View) => void>} */
const draw = {
  /** Boxes of tokens, painted by what A took from them. The elements are made once, and then only their colours change. */
  tokens(figure, part, group, scale, view) {
    const { panel, ink, mark } = theme(), row = handOf(view);
    const found = row < 0 ? [] : levels(scale, view, row);
    const at = (/** @type {number} */ token) => row < 0 || token >= width(view, row) ? undefined : found[token];
    /** @type {number[][]} */
    const boxes = part.boxes;
    const fills = boxes.map(([token]) => {
      const found = at(token);
      return found !== undefined ? fill(scale, found, figure.prefix) : part.ground ? panel : "none";
    });
    const inks = part.texts.map((/** @type {any[]} */ [token]) => {
      const found = at(token);
      return found !== undefined ? inkOn(scale, found) : ink;
    });
    const lock = lockedOf(view), marked = /** @type {[number, string, number][]} */ ([[row < 0 ? -1 : view.inputs + row, theme().a, 2],
      [lock < 0 ? -1 : view.inputs + lock, theme().b, 2.5], [tokenOf(view), mark, 2.5]]).filter(([token]) => token >= 0);
    let nodes = /** @type {any} */ (group).nodes;
    if (!nodes) {
      group.replaceChildren();
      nodes = /** @type {any} */ (group).nodes = { fills: [], inks: [] };
      nodes.boxes = boxes.map(([, x, y, width, height]) => add(group, "rect", { x, y, width, height }));
      nodes.texts = part.texts.map((/** @type {any[]} */ [, x, y, width, text, anchor]) =>
        add(group, "text", { x, y, "font-size": part.size, textLength: width, lengthAdjust: "spacingAndGlyphs", ...(anchor ? { "text-anchor": anchor } : {}) }, text));
      nodes.marks = add(group, "g", {});
    }
    fills.forEach((color, i) => { if (nodes.fills[i] !== color) nodes.boxes[i].setAttribute("fill", nodes.fills[i] = color); });
    inks.forEach((/** @type {string} */ color, /** @type {number} */ i) => {
      if (nodes.inks[i] !== color) nodes.texts[i].setAttribute("fill", nodes.inks[i] = color);
      if (part.bold) nodes.texts[i].setAttribute("font-weight", lock >= 0 && part.texts[i][0] === view.inputs + lock ? "bold" : "normal");
    });
    nodes.marks.replaceChildren();
    for (const [token, color, width] of marked) {
      for (const [own, ...rect] of boxes) if (own === token) frame(nodes.marks, rect, color, width);
    }
  },

  /** Many cells: one for each output and token. */
  grid(figure, part, group, scale, view) {
    const n = view.n, tokens = view.inputs + max(0, n - 1), { ground, panel } = theme();
    const end = n && tokens ? start(part, view, tokens - 1) + part.cell[0] : 0;
    if (part.panelled) {
      const [width, height] = part.turned ? [n * part.cell[1], end] : [end, n * part.cell[1]];
      add(group, "rect", { x: 0, y: 0, width, height, fill: panel });
    }
    const paint = painter(at => fill(scale, at, figure.prefix), group);
    const small = tokens * n <= AS_PATHS;
    const all = Array.from({ length: n }, (_, row) => levels(scale, view, row));
    // Above a number of cells inputs and earlier outputs are a picture each; patterns lie over it as paths.
    for (const [from, to] of [[0, view.inputs], [view.inputs, tokens]]) {
      if (to <= from || !n) continue;
      const [columns, lines] = part.turned ? [n, to - from] : [to - from, n];
      const pixels = small ? null : new Uint32Array(columns * lines);
      const packed = scale.colors.map(c => parseInt(c.slice(5, 7) + c.slice(3, 5) + c.slice(1, 3), 16) + 0xff000000);
      for (let row = 0; row < n; row++) {
        const last = min(to, width(view, row));
        for (let token = from; token < last; token++) {
          const found = all[row][token];
          if (pixels && found >= 0) {
            pixels[part.turned ? (token - from) * columns + row : row * columns + token - from] = packed[found];
          } else paint.cell(found, ...cellOf(part, view, row, token));
        }
      }
      if (!pixels) continue;
      const canvas = make("canvas");
      canvas.width = columns;
      canvas.height = lines;
      canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), columns, lines), 0, 0);
      const x = start(part, view, from), along = (to - from) * part.cell[0], across = n * part.cell[1];
      add(group, "image", {
        x: part.turned ? 0 : x, y: part.turned ? x : 0, width: part.turned ? across : along, height: part.turned ? along : across,
        preserveAspectRatio: "none", "image-rendering": "pixelated", href: canvas.toDataURL(),
      });
    }
    paint.done();
    if (!small && part.free) {
      const d = Array.from({ length: n }, (_, row) => part.turned
        ? `M${short((row + 1) * part.cell[1] - part.free / 2)} 0v${short(end)}` : `M0 ${short((row + 1) * part.cell[1] - part.free / 2)}h${short(end)}`);
      add(group, "path", { d: d.join(""), stroke: ground, "stroke-width": part.free });
    }
  },

  /** Small copies of the paragraph: many of them as a picture, as patterns lie over it. */
  thumbnails(figure, part, group, scale, view) {
    const paint = painter(at => fill(scale, at, figure.prefix), group), { places, boxes } = part, { width: w, height: h } = figure.svg.viewBox.baseVal;
    const canvas = places.length * boxes.length > AS_PATHS && make("canvas");
    if (canvas) Object.assign(canvas, { width: w, height: h });
    const context = canvas && canvas.getContext("2d");
    places.forEach((/** @type {number[]} */ [x, y], /** @type {number} */ row) => {
      const found = levels(scale, view, row);
      for (const [token, left, top, w, h] of boxes) {
        const at = found[token];
        if (context && at >= 0) {
          context.fillStyle = scale.colors[at];
          context.fillRect(x + left, y + top, w, h);
        } else if (token < width(view, row)) paint.cell(at, x + left, y + top, w, h);
      }
    });
    if (canvas) add(group, "image", { width: w, height: h, href: canvas.toDataURL() });
    paint.done();
  },

  /** A against B, up and right. */
  pair(figure, part, group, scale, view) {
    scatter(part, group, scale, view, figure.prefix);
  },

  /** The marks lie over everything, in a layer of their own. */
  marks() {},
};
if (MORE) Object.assign(draw, { places() {}, rows });

/** Where a token's cells begin. @param {Part} part @param {View} view @param {number} token */
const start = (part, view, token) => token * part.cell[0] + (token >= view.inputs ? part.gap : 0);
/** @param {Part} part @param {View} view @param {number} row @param {number} token
 * @returns {[number, number, number, number]} */
function cellOf(part, view, row, token) {
  const [along, across, size] = [start(part, view, token), row * part.cell[1], part.cell[1] - part.free];
  return part.turned ? [across, along, size, part.cell[0]] : [along, across, part.cell[0], size];
}

/** Frames of A, B and the token in hand, over the grids. @param {Figure} figure */
function marks(figure) {
  const old = figure.svg.querySelector(".marks"), layer = old || add(figure.svg, "g", { class: "marks" });
  layer.replaceChildren();
  const { a: first, b: second, mark } = theme();
  for (const part of figure.data.parts) {
    const view = viewOf(figure, part), [x, y] = part.at, token = tokenOf(view);
    const around = (/** @type {number[]} */ [left, top, w, h], /** @type {string} */ color, /** @type {number} */ width) =>
      frame(layer, [x + left, y + top, w, h], color, width);
    for (const [row, color, width] of /** @type {[number, string, number][]} */ ([[handOf(view), first, 1.5], [lockedOf(view), second, 1.5]])) {
      if (row < 0) continue;
      if (part.kind === "grid") {
        const [a, b, w, h] = cellOf(part, view, row, 0), end = start(part, view, view.inputs + row - 1) + part.cell[0];
        around(part.turned ? [a - 0.5, b, w + 1, end] : [a, b - 0.5, end, h + 1], color, width);
      }
      if (part.kind === "thumbnails") {
        const [left, top, w, h] = part.places[row];
        around([left - 3, top - 3, w + 6, h + 3], color, width);
      }
    }
    if (MORE) frames(part, view, [handOf(view) < 0 ? -1 : view.inputs + handOf(view), lockedOf(view) < 0 ? -1 : view.inputs + lockedOf(view), token], around);
    // What is outside the part that is looked at steps back.
    if (part.kind === "grid" && view.n && state.part && view.k === state.record) {
      const across = view.n * part.cell[1];
      for (const [from, to] of [[0, view.of[state.part[0]]], [view.of[state.part[1] - 1] + 1, view.inputs]]) {
        const [a, w] = [from * part.cell[0], max(0, to - from) * part.cell[0]];
        const [left, top, width, height] = part.turned ? [0, a, across, w] : [a, 0, w, across];
        add(layer, "rect", { x: x + left, y: y + top, width, height, fill: theme().ground, "fill-opacity": 0.8 });
      }
    }
    if (part.kind === "grid" && view.n && token >= 0 && token < view.inputs + view.n - 1) {
      const [a, b] = cellOf(part, view, 0, token), middle = part.cell[0] / 2;
      const tip = part.turned ? [x - 1, y + b + middle] : [x + a + middle, y - 1];
      add(layer, "path", { d: part.turned ? `M${short(tip[0])} ${short(tip[1])}l-7 -4.5v9z` : `M${short(tip[0])} ${short(tip[1])}l-4.5 -7h9z`, fill: mark });
      if (part.turned) continue;
      // Its name over those of the strongest columns.
      const name = fitted(view.labels[token], 10, 90), w = widthOf(name, 10);
      write(layer, name, max(0, min(figure.svg.viewBox.baseVal.width - w, tip[0] - w / 2)), tip[1] - 9, 10,
        { fill: mark, stroke: theme().ground, "stroke-width": 5, "paint-order": "stroke" });
    }
  }
}

/** Whether a figure follows when the pointer rests: another one has the first screen. @param {Figure} figure */
const late = figure => !figure.data.map && figures.some(other => other.data.map);
let resting = "";
const sharedKey = () => JSON.stringify([state.lock, state.mode, state.intensity, themeName(), state.palette, state.clip, ...MORE ? [state.rule] : []]);
/** Takes the state for the one that the pictures came in. */
export const rest = () => { resting = sharedKey(); };
/** Draws what has changed in a figure: what the pointer looks at, or what stands beside it. @param {Figure} figure @param {boolean} beside */
export function redraw(figure, beside) {
  if (!figure.seen || figure.section.hidden) return;
  const shared = sharedKey();
  if (!figure.drawn || figure.svg.dataset.theme !== themeName()) repaint(figure);
  figure.data.parts.forEach((part, i) => {
    if (beside !== (late(figure) || part.kind === "pair")) return;
    const view = viewOf(figure, part);
    // Where this has not changed, the part stays.
    const key = shared + view.k + (part.kind === "tokens" || part.kind === "pair" ? JSON.stringify([state.record, state.row, state.token]) : "") + (MORE && part.kind === "rows" ? state.expand : "");
    // The picture as it came is the state at rest.
    const rests = figure.keys[i] === undefined && !!figure.data.rests && shared + view.k === resting + figure.data.first && themeName() === figure.data.theme && (part.kind === "grid" || part.kind === "thumbnails");
    if (!rests && figure.keys[i] !== key) {
      const group = figure.groups[i];
      if (!/** @type {any} */ (group).nodes) group.replaceChildren();
      group.setAttribute("transform", String(group.dataset.live));
      draw[part.kind](figure, part, group, scaleOf(alike(figure.data.records, view.k), figure.data.grain), view);
    }
    figure.keys[i] = key;
  });
  figure.drawn = true;
  if (beside === late(figure)) marks(figure);
}

/** Gives what no part draws the theme's colours. @param {Figure} figure */
function repaint(figure) {
  const from = themes[figure.svg.dataset.theme || figure.data.theme], to = theme();
  figure.svg.dataset.theme = themeName();
  for (const element of figure.svg.querySelectorAll("[fill],[stroke]")) {
    if (element.closest("[data-live],.marks")) continue;
    for (const name of ["fill", "stroke"]) {
      const color = element.getAttribute(name);
      const role = /** @type {(keyof import("./data.js").Theme)[]} */ (Object.keys(from)).find(role => from[role] === color);
      // A text of the ground's colour lies on a cell, which keeps its own.
      if (role && (role !== "ground" || element.tagName !== "text")) element.setAttribute(name, to[role]);
    }
  }
}

/** What lies under a point of a figure: an output's first, a token's first. @param {Figure} figure @param {{clientX: number, clientY: number}} event
 * @returns {{record: number, row?: number, token?: number, only?: boolean, with?: number, unfolds?: boolean} | null} `only`: its sentence alone; `with`: a replacement; `unfolds`: a row that can be shown whole */
export function under(figure, event) {
  const box = figure.svg.getBoundingClientRect(), { width: w, height: h } = figure.svg.viewBox.baseVal;
  const [px, py] = [(event.clientX - box.left) / box.width * w, (event.clientY - box.top) / box.height * h];
  for (let i = 0; i < figure.data.parts.length; i++) {
    const part = figure.data.parts[i], view = viewOf(figure, part), { k, inputs, starts, record } = view;
    const [x, y] = [px - part.at[0], py - part.at[1]];
    const inside = (/** @type {number[]} */ [left, top, w, h]) => x >= left && x < left + w && y >= top && y < top + h;
    const output = (/** @type {number} */ row) => starts[inputs + row] - record.inputs;
    const hit = (/** @type {number} */ token) => token < inputs ? { record: k, token: starts[token] } : { record: k, row: output(token - inputs) };
    if (part.kind === "tokens") {
      const found = part.boxes.find((/** @type {number[]} */ [, ...rect]) => inside(rect));
      if (found) return hit(found[0]);
    } else if (part.kind === "grid") {
      const [along, across] = part.turned ? [y, x] : [x, y], row = floor(across / part.cell[1]);
      const later = along >= start(part, view, inputs), token = floor((along - (later ? part.gap : 0)) / part.cell[0]);
      // The rule above the inputs, with the sentences' ticks.
      if (figure.data.map && across < 0 && across > -TICKS && token >= 0 && token < inputs) return { record: k, token: starts[token], only: true };
      if (row < 0 || row >= view.n) continue;
      if (token >= 0 && token < inputs + view.n - 1) return token < width(view, row) ? { record: k, row: output(row), token: starts[token] } : { record: k, row: output(row) };
    } else if (part.kind === "thumbnails") {
      const row = part.places.findIndex(inside);
      if (row < 0) continue;
      const [left, top] = part.places[row];
      const found = part.boxes.find((/** @type {number[]} */ [, a, b, w, h]) => inside([left + a, top + b, w, h]));
      return found && found[0] < width(view, row) ? { record: k, row: output(row), token: starts[found[0]] } : { record: k, row: output(row) };
    } else if (part.kind === "pair") {
      const dot = (/** @type {any} */ (figure.groups[i]).dots || []).find((/** @type {any} */ d) => d.token >= 0 && Math.hypot(d.x - x, d.y - y) < 6);
      if (dot) return { record: state.record, token: dot.token };
    } else if (MORE && part.kind === "places") {
      const found = part.boxes.findLast((/** @type {number[]} */ [, ...rect]) => inside(rect));
      if (found) return { ...hit(found[0]), with: found[5] && record.replaced?.list.findIndex(([at, , text]) => view.of[at] === found[0] && text === found[5]) };
    } else if (MORE && part.kind === "rows") {
      const row = rowAt(part, view, y);
      if (row >= 0) return { record: k, row: output(row), unfolds: true };
    }
  }
  return null;
}
