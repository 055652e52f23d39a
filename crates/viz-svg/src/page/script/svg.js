// Elements of SVG, and what the figures' script lays out of them: the places come from Rust.
import { abs, round } from "./data.js";
import { theme } from "./scale.js";

export const SVG = "http://www.w3.org/2000/svg";
const ADVANCE = 1233 / 2048;

/** @param {Element} parent @param {string} name @param {Record<string, string | number>} attributes @param {string} [text] */
export function add(parent, name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const key in attributes) element.setAttribute(key, String(attributes[key]));
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}
/** @param {number} x */
export const short = x => round(x * 100) / 100;
/** How wide a text is set: two columns for wide characters. @param {string} text @param {number} size */
export const widthOf = (text, size) => [...text].reduce((n, c) => n + (/[\u1100-\u115f\u2e80-\uffdc]|[\u{1f000}-\u{3ffff}]/u.test(c) ? 2 : 1), 0) * ADVANCE * size;
/** @param {string} text @param {number} size @param {number} room */
export function fitted(text, size, room) {
  if (widthOf(text, size) <= room) return text;
  const letters = [...text];
  while (letters.length && widthOf(letters.join("") + "…", size) > room) letters.pop();
  return letters.join("") + "…";
}
/** @param {Element} parent @param {string} text @param {number} x @param {number} y @param {number} size
 * @param {Record<string, string | number>} [more] */
export const write = (parent, text, x, y, size, more) => add(parent, "text",
  { x: short(x), y: short(y), "font-size": size, fill: theme().ink, textLength: short(widthOf(text, size)), lengthAdjust: "spacingAndGlyphs", ...more }, text);
/** @param {Element} parent @param {number[]} r @param {string} color @param {number} width */
export const frame = (parent, [x, y, w, h], color, width) =>
  add(parent, "rect", { x: short(x), y: short(y), width: short(w), height: short(h), fill: "none", stroke: color, "stroke-width": width });

/** Cells as one path a colour. @param {(at: number) => string} fill @param {Element} parent */
export function painter(fill, parent) {
  /** @type {Map<number, number[][]>} */
  const paths = new Map();
  return {
    /** @param {number} at @param {number} x @param {number} y @param {number} w @param {number} h */
    cell(at, x, y, w, h) {
      let path = paths.get(at);
      if (!path) paths.set(at, path = []);
      // There may be much that is hidden: what goes on to the right or below is one rectangle.
      const last = MORE && at === -6 && path.at(-1), is = (/** @type {number} */ a, /** @type {number} */ b) => abs(a - b) < 1e-6;
      if (last && is(last[1], y) && is(last[3], h) && is(last[0] + last[2], x)) last[2] += w;
      else if (last && is(last[0], x) && is(last[2], w) && is(last[1] + last[3], y)) last[3] += h;
      else path.push([x, y, w, h]);
    },
    done() {
      for (const [at, cells] of paths) add(parent, "path", { d: cells.map(([x, y, w, h]) => `M${short(x)} ${short(y)}h${short(w)}v${short(h)}h${-short(w)}z`).join(""), fill: fill(at) });
    },
  };
}
