// The bar that stays: outputs, comparison, unit, grain, intensity, legend, and what is behind the menu.
import { data, every, id, listen, make, palettes, press, records } from "./data.js";
import { firstOf, numbers, rowName } from "./grain.js";
import { ODD } from "./numbers.js";
import { scaleOf, alike } from "./scale.js";
import { byDistance, clips, show, state } from "./state.js";
import { current, diverging, inShares, lockOf, rowOf } from "./values.js";
import { ruleWords } from "./rule.js";
import { legend } from "./words.js";

/** The outputs, as buttons with one tab stop. */
let stripped = "";
/** @type {(HTMLElement | undefined)[]} those that are marked now */
let hands = [];
export function strip() {
  const box = id("outputs"), view = current();
  const key = state.record + state.grain;
  if (stripped !== key) {
    stripped = key;
    box.replaceChildren(...Array.from({ length: view.n }, (_, row) => {
      const button = make("button");
      button.type = "button";
      button.dataset.row = String(firstOf(view, row));
      button.textContent = rowName(view, row);
      button.title = `output ${numbers(view, row)}`;
      button.tabIndex = -1;
      press(button, false);
      return button;
    }));
    hands = [];
  }
  const a = view.n ? rowOf(view) : -1, lock = lockOf(state.grain), b = lock?.view.k === state.record ? lock.row : -1;
  const now = [box.children[a], box.children[b]];
  for (const button of new Set([...hands, ...now])) {
    if (!button) continue;
    button.className = button === now[0] ? "a" : button === now[1] ? "b" : "";
    button.tabIndex = button === now[0] ? 0 : -1;
    press(button, button === now[0]);
  }
  hands = now;
  const [hand] = now;
  if (hand && (hand.offsetLeft < box.scrollLeft || hand.offsetLeft + hand.offsetWidth > box.scrollLeft + box.clientWidth)) box.scrollLeft = hand.offsetLeft - box.clientWidth / 2;
}

/** @param {HTMLSelectElement} select @param {[string, string][]} choices */
function choices(select, choices) {
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value)));
  /** @type {HTMLElement} */ (select.closest("label")).hidden = choices.length < 2;
}
const distinct = (/** @type {"method" | "target"} */ key) => /** @type {[string, string][]} */ ([...new Set(records.map(r => r[key]))].map(v => [v, v]));

let controlled = "";
/** Puts the state into the controls. */
export function controls() {
  const own = records[state.record], lock = lockOf(state.grain);
  const key = JSON.stringify([state.record, state.row, state.lock, state.mode, state.grain, state.intensity, state.theme, state.palette, state.clip, state.part, state.comparing, state.pinned, ...MORE ? [state.rule] : [], document.documentElement.dataset.theme]);
  if (controlled === key) return;
  controlled = key;
  id("method").value = own.method;
  id("target").value = own.target;
  const siblings = records.map((r, k) => /** @type {[string, string]} */ ([String(k), r.name])).filter(([k]) => records[+k].method === own.method && records[+k].target === own.target);
  choices(id("record"), siblings);
  id("record").value = String(state.record);
  for (const button of every("[data-mode]")) {
    press(button, button.dataset.mode === state.mode);
    if (button.dataset.mode === "difference") button.disabled = !state.lock;
  }
  for (const button of every("[data-grain]")) press(button, button.dataset.grain === state.grain);
  id("intensity").value = String(Math.log2(state.intensity));
  id("intensity").closest("label").hidden = byDistance() || !inShares(current());
  const release = id("release"), compare = id("compare");
  release.hidden = !lock;
  if (lock) release.textContent = `✕ release ${rowName(lock.view, lock.row)}${lock.view.k === state.record ? "" : ` (${lock.view.record.name})`}`;
  compare.hidden = !!lock;
  compare.disabled = own.scales.length < 2 && records.length < 2;
  press(compare, state.comparing);
  id("hint").textContent = state.comparing ? "choose an output to compare with" : lock ? "A is purple, B orange; click another output to make it B"
    : state.pinned ? "click another output to compare with it" : "click an output to keep it, then another to compare";
  id("whole").hidden = !state.part;
  const apart = diverging(current()), fitting = Object.keys(palettes).filter(name => palettes[name].diverging === apart);
  choices(id("palette"), [["", "default"], .../** @type {[string, string][]} */ (fitting.map(name => [name, name]))]);
  id("palette").value = fitting.includes(state.palette) ? state.palette : "";
  id("clip").value = String(state.clip);
  id("clip").closest("label").hidden = !!data.max;
  id("theme").value = state.theme;
  if (MORE && data.rule) {
    id("rule").textContent = ruleWords().short;
    press(id("rule"), state.rule);
  }
  drawLegend();
}
/** Puts the scale into the legend. */
function drawLegend() {
  const ks = alike(sharing(), state.record), scale = scaleOf(ks, state.grain), said = legend(ks);
  id("colors").style.background = `linear-gradient(to right, ${scale.colors.join(",")})`;
  id("low").textContent = said.low;
  id("middle").textContent = said.middle;
  id("high").textContent = said.high;
  id("legend-notes").textContent = [...said.notes, ...scale.patterns.map(k => `hatched: ${ODD[k]}`)].join(" · ");
}
/** The records that share the page's scale: those of the first screen, or of the figure. */
const sharing = () => {
  const figure = data.figures.find((/** @type {import("./data.js").FigureData} */ f) => f.records.includes(state.record));
  return figure?.records ?? [state.record];
};

/** @param {() => void} changed */
export function bar(changed) {
  choices(id("method"), distinct("method"));
  choices(id("target"), distinct("target"));
  choices(id("clip"), clips().map(c => [String(c), c === 1 ? "the largest value" : `the ${c} quantile`]));
  const on = (/** @type {string} */ name, /** @type {(value: string) => void} */ set) => listen(name, "change", () => { set(id(name).value); changed(); });
  on("record", value => show(+value, state.row));
  /** The record that differs least. @param {"method" | "target"} key @param {string} value */
  const facet = (key, value) => {
    const other = key === "method" ? "target" : "method", own = records[state.record];
    const fitting = records.map((_, k) => k).filter(k => records[k][key] === value);
    show(fitting.find(k => records[k][other] === own[other]) ?? fitting[0], state.row);
  };
  on("method", value => facet("method", value));
  on("target", value => facet("target", value));
  on("palette", value => { state.palette = value; });
  on("clip", value => { state.clip = +value; });
  on("theme", value => { state.theme = value; });
  listen("intensity", "input", () => { state.intensity = +(2 ** +id("intensity").value).toPrecision(3); changed(); });
  for (const button of every("[data-mode]")) listen(button, "click", () => { state.mode = String(button.dataset.mode); changed(); });
  for (const button of every("[data-grain]")) listen(button, "click", () => { state.grain = String(button.dataset.grain); changed(); });
}
