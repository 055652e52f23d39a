// The text, inputs and outputs, as real text: a span for each token, coloured by the row in hand.
import { data, id, make, max, min, records } from "./data.js";
import { width } from "./grain.js";
import { inkOn, levels, scaleOf, theme } from "./scale.js";
import { partnersOfWord } from "./pairs.js";
import { replacedWords } from "./replaced.js";
import { state } from "./state.js";
import { current, lockOf, rowOf } from "./values.js";

const box = id("text");
/** @type {{k: number, spans: HTMLElement[], marks: string[], scale: string}} */
let now = { k: 0, spans: box ? [...box.querySelectorAll("[data-t]")] : [], marks: [], scale: "" };
/** @type {Map<Element, number>} */
let tokens = new Map(now.spans.map((span, i) => [span, i]));
for (const span of now.spans) span.removeAttribute("class");

/** The spans of a record, as `page/paragraph.rs` marks them up. @param {number} k */
function build(k) {
  const record = records[k];
  const same = record.texts.length === records[now.k].texts.length && record.texts.every((text, i) => text === records[now.k].texts[i]) && record.inputs === records[now.k].inputs;
  if (k === now.k || same) return void (now.k = k);
  const paragraphs = [...box.querySelectorAll("p")];
  paragraphs.forEach(p => p.replaceChildren());
  tokens = new Map();
  const spans = record.texts.map((text, i) => {
    const p = paragraphs[record.source !== undefined && i >= record.source ? 1 : 0] ?? paragraphs[0], lead = /^[ \n]*/.exec(text)?.[0] ?? "";
    for (const c of lead) p.append(c === "\n" ? make("br") : c);
    const span = make("span");
    span.dataset.t = i < record.inputs ? "" : "o";
    span.textContent = text.slice(lead.length);
    p.append(span);
    tokens.set(span, i);
    return span;
  });
  now = { k, spans, marks: [], scale: "" };
}

/** The token under an element. @param {EventTarget | null} target */
export const tokenAt = target => tokens.get(/** @type {Element} */ (target instanceof Element ? target.closest("[data-t]") : null) ?? box);
/** The spans of some tokens. @param {number} from @param {number} to */
export const spansOf = (from, to) => now.spans.slice(from, to);
export { box };

// A class for each colour: a browser shares what it computes for a class, but not for an element's own style.
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [sheet];
/** The spans in sight: from the first whose line ends below the upper edge to the first that begins below the lower one. */
function inSight() {
  const { spans } = now, { top, bottom } = box.getBoundingClientRect();
  const first = (/** @type {"top" | "bottom"} */ side, /** @type {number} */ y) => {
    let [from, to] = [0, spans.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (spans[middle].getBoundingClientRect()[side] < y) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  return [first("bottom", max(0, top)), first("top", min(innerHeight, bottom))];
}
/** Paints what has changed, in sight or everywhere. @param {boolean} all */
export function paint(all) {
  if (!box) return;
  build(state.record);
  const view = current(), row = view.n ? rowOf(view) : -1, scale = scaleOf([state.record], state.grain), { apart } = theme();
  const at = row < 0 ? [] : levels(scale, view, row), { spans, marks } = now;
  // Nothing has the panel's colour, but for the notebook's.
  const zero = data.notebook ? -9 : scale.diverging ? 31 : 0, key = scale.colors.join() + apart;
  if (now.scale !== key) {
    const rule = (/** @type {string | number} */ name, /** @type {string} */ color, /** @type {string} */ ink) => `.text .${name}{background:${color};color:${ink}}`;
    sheet.replaceSync(scale.colors.map((color, i) => i === zero ? "" : rule("c" + i, color, scale.inks[i])).join("") + rule("apart", apart, inkOn(scale, -1)));
    now.scale = key;
  }
  const lock = lockOf(state.grain), hand = state.token === null ? -1 : view.of[state.token];
  const a = row < 0 ? -1 : view.inputs + row, b = lock && lock.view.k === state.record ? view.inputs + lock.row : -1;
  const more = MORE ? new Map([...partnersOfWord(), ...replacedWords()]) : null, of = (/** @type {number | null} */ token) => token === null ? -1 : view.of[token];
  const two = MORE && state.view === "columns", [one, other] = MORE ? [of(state.held), of(state.against)] : [-1, -1];
  const [from, to] = all ? [0, spans.length] : inSight();
  for (let i = from; i < to; i++) {
    const g = view.of[i], found = row >= 0 && g < width(view, row) ? at[g] : zero;
    const out = state.part && i < view.record.inputs && (i < state.part[0] || i >= state.part[1]);
    const held = MORE && g === one ? two ? " a" : " at" : MORE && g === other ? " b" : g === a ? " a" : g === b ? " b" : g === hand ? " at" : "";
    // The ends of what has a frame.
    const ends = held && (view.of[i - 1] === g ? "" : " l") + (view.of[i + 1] === g ? "" : " r");
    const mark = (found >= 0 ? "c" + found : found === -1 ? "apart" : MORE && found === -6 ? "hid" : found > -9 ? "odd" : "") + held + ends + (g > a && i >= view.record.inputs ? " later" : "") + (out ? " out" : "") + (MORE && more?.get(g) || "");
    if (marks[i] !== mark) spans[i].className = marks[i] = mark;
  }
}
