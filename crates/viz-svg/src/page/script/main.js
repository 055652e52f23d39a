// The page's script: one state, kept in the address; everything on the page is drawn from it.
/// <reference path="./globals.d.ts" />
// Types are checked with `tsc --checkJs`; esbuild puts the files of this folder into one.
import { bar, controls, strip } from "./bar.js";
import { copy, copyPicture, copyTable, savePicture } from "./copying.js";
import { data, every, id, listen, make, max, min, press, records } from "./data.js";
import { figures, redraw, rest, under } from "./figures.js";
import { firstOf, groupOf } from "./grain.js";
import { fillTable, rank } from "./inspector.js";
import { furnish, hold, letGo, views } from "./more.js";
import { strips } from "./methods.js";
import { box, paint, tokenAt } from "./paragraph.js";
import { expand } from "./places.js";
import { continuation } from "./replaced.js";
import { night, themeName } from "./scale.js";
import { field, mark, step } from "./search.js";
import { VIEWS, address, compare, read, same, show, state } from "./state.js";
import { current, mostDifferent, rowOf } from "./values.js";
import { cellWords, sentence, text } from "./words.js";
/** @typedef {import("./figures.js").Figure} Figure */

const REST = 60;
const root = document.documentElement, live = id("live"), dialog = /** @type {HTMLDialogElement} */ (id("help"));
const tabs = every("[role=tab]");
if (MORE) furnish();

// ---- drawing ----

/** The sentence, with what is set off in bold. */
function say() {
  const said = sentence(), key = text(said), place = id("sentence");
  if (place.textContent !== key) place.replaceChildren(...said.map(([piece, bold]) => {
    if (!bold) return piece;
    const b = make("b");
    b.textContent = piece;
    return b;
  }));
}
/** A text that stays where it is the same asks for no layout. @param {string} name @param {string} text */
const put = (name, text) => { if (id(name).textContent !== text) id(name).textContent = text; };
/** What stands beside the pointer's place is drawn when it rests. */
function beside() {
  paint(true);
  strip();
  if (MORE && views[state.view]) views[state.view]();
  else rank();
  if (MORE && id("continuation")) continuation(current());
  const table = id("table");
  if (!table?.closest("[hidden]")) fillTable(table, id("every").getAttribute("aria-pressed") === "true");
  strips();
  controls();
  for (const figure of figures) redraw(figure, true);
}
let sectioned = "";
function sections() {
  const key = [state.record, state.grain, state.tab, state.view].join();
  if (sectioned === key) return;
  sectioned = key;
  root.dataset.by = state.grain;
  for (const { data: { records, map, grain }, section } of figures) {
    section.hidden = !records.includes(state.record) || (!!map && grain !== state.grain);
  }
  for (const tab of tabs) {
    const chosen = tab.dataset.tab === state.tab;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    id("panel-" + tab.dataset.tab).hidden = !chosen;
  }
  const ranking = id("ranked");
  if (ranking) {
    const scattered = state.view === "scatter";
    ranking.hidden = scattered;
    id("scatter").hidden = !scattered;
    for (const name of VIEWS) press(id("as-" + name), state.view === name);
  }
}
let waiting = 0, following = 0, addressing = 0;
/** Draws the state, at the next frame. @param {boolean} [aloud] whether a screen reader says it */
function changed(aloud) {
  if (aloud) live.textContent = cellWords();
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    if (root.dataset.theme !== themeName()) root.dataset.theme = themeName();
    sections();
    paint(false);
    for (const figure of figures) redraw(figure, false);
    say();
    put("cell", state.token === null ? "" : cellWords());
    put("facts", records[state.record].facts);
    clearTimeout(following);
    following = setTimeout(beside, REST);
  });
  clearTimeout(addressing);
  addressing = setTimeout(() => {
    // A frame without an address of its own keeps its state to itself.
    try { history.replaceState(null, "", "#" + address()); } catch { }
  }, 250);
}

// ---- what a reader does ----

/** A pointer over an output or a token. @param {{record: number, row?: number, token?: number}} found */
function hover(found) {
  const { record, row, token } = state;
  if (found.row !== undefined && !state.pinned) show(found.record, found.row);
  if (found.token !== undefined && found.record === state.record) state.token = found.token;
  if (record !== state.record || row !== state.row || token !== state.token) changed();
}
/** A click on an output: it holds A; the next one becomes B. A tap chooses A, or B after 'Compare'.
 * @param {{record: number, row: number}} row @param {boolean} touched */
function choose(row, touched) {
  if (state.comparing) compare(row);
  else if (touched || !state.pinned) {
    if (same(state.lock, row)) compare(null);
    show(row.record, row.row);
    state.pinned = true;
  } else if (same(state, row)) state.pinned = false;
  else compare(same(state.lock, row) ? null : row);
  changed(true);
}
/** @param {{record: number, row?: number, token?: number, only?: boolean, with?: number, unfolds?: boolean} | null} found
 * @param {PointerEvent | MouseEvent} event */
function click(found, event) {
  if (!found) return;
  if (found.token !== undefined && found.record === state.record) state.token = found.token;
  if (found.only) only();
  if (MORE && found.unfolds && found.row !== undefined && event.shiftKey) {
    expand(found.row);
    return changed();
  }
  if (MORE && found.with !== undefined) {
    state.view = "replaced";
    state.with = found.with;
    state.held = found.token ?? null;
    return changed(true);
  }
  if (MORE && data.views.length && found.row === undefined && found.token !== undefined && found.record === state.record && !found.only) hold(found.token);
  if (found.row !== undefined) choose({ record: found.record, row: found.row }, /** @type {PointerEvent} */ (event).pointerType === "touch");
  else changed(true);
}
const compareNow = () => {
  if (state.lock) return compare(null);
  state.pinned = true;
  compare(mostDifferent(state));
};

/** @param {KeyboardEvent} event @param {boolean} turned whether outputs run to the right */
function keys(event, turned) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const view = current(), n = view.n;
  /** @param {number} by */
  const rows = by => {
    if (event.shiftKey && state.lock) {
      const other = current(state.lock.record), row = max(0, min(other.n - 1, groupOf(other, state.lock.row) + by));
      return compare({ record: state.lock.record, row: firstOf(other, row) });
    }
    show(state.record, firstOf(view, max(0, min(n - 1, rowOf(view) + by))));
    if (same(state.lock, state)) compare(null);
  };
  const many = () => view.inputs + rowOf(view);
  const token = (/** @type {number} */ column) => { state.token = view.starts[max(0, min(many() - 1, column))]; };
  const tokens = (/** @type {number} */ by) => token(state.token === null ? (by > 0 ? 0 : many() - 1) : view.of[state.token] + by);
  const other = (/** @type {number} */ by) => show((state.record + by + records.length) % records.length, state.row);
  const [across, down] = turned ? [rows, tokens] : [tokens, rows];
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowLeft: () => across(-1), ArrowRight: () => across(1), ArrowUp: () => down(-1), ArrowDown: () => down(1),
    PageUp: () => rows(-10), PageDown: () => rows(10), Home: () => token(0), End: () => token(many() - 1),
    "[": () => other(-1), "]": () => other(1), Enter: compareNow, " ": compareNow,
    Escape: () => { if (state.lock) compare(null); else if (state.pinned) state.pinned = false; else if (!MORE || !letGo()) state.token = null; },
    ...MORE && data.views.length ? { w: () => { if (state.token !== null && state.token < view.record.inputs) hold(state.token); } } : {},
  };
  const action = actions[event.key];
  if (!action || (!n && event.key !== "[" && event.key !== "]")) return;
  event.preventDefault();
  action();
  changed(true);
}

for (const figure of figures) {
  const { svg } = figure;
  listen(svg, "pointermove", event => {
    const found = event.pointerType === "touch" ? null : under(figure, event);
    if (found) hover(found);
  });
  listen(svg, "click", event => click(under(figure, event), event));
  listen(figure.box, "keydown", event => {
    if (!MORE || event.key !== "Enter" || !figure.data.parts.some(part => part.kind === "rows")) return keys(event, figure.data.parts.some(part => part.turned));
    event.preventDefault();
    expand(firstOf(current(), rowOf(current())));
    changed();
  });
}
if (box) {
  const at = (/** @type {Event} */ event) => {
    const token = tokenAt(event.target), { inputs } = records[state.record];
    return token === undefined ? null : token < inputs ? { record: state.record, token } : { record: state.record, row: token - inputs };
  };
  listen(box, "pointerover", (/** @type {PointerEvent} */ event) => {
    const found = event.pointerType === "touch" ? null : at(event);
    if (found) hover(found);
  });
  // Selecting text is no choice.
  listen(box, "click", (/** @type {MouseEvent} */ event) => { if (getSelection()?.isCollapsed !== false) click(at(event), event); });
}
listen("outputs", "pointerover", (/** @type {PointerEvent} */ event) => {
  const row = /** @type {HTMLElement} */ (event.target).dataset.row;
  if (event.pointerType !== "touch" && row) hover({ record: state.record, row: +row });
});
listen("outputs", "click", (/** @type {PointerEvent} */ event) => {
  const row = /** @type {HTMLElement} */ (event.target).dataset.row;
  // A key, and no pointer: the output has the focus, and is A.
  if (row && !event.detail) {
    compareNow();
    changed(true);
  } else if (row) choose({ record: state.record, row: +row }, event.pointerType === "touch");
});
listen("outputs", "keydown", (/** @type {KeyboardEvent} */ event) => {
  if (event.key === "Enter" || event.key === " ") return;
  keys(event, true);
  // What no key of ours is, such as Tab, goes where it goes.
  if (!event.defaultPrevented) return;
  strip();
  id("outputs").querySelector(".a")?.focus();
});
for (const name of ["ranked", "table"]) {
  listen(name, "click", (/** @type {MouseEvent} */ event) => {
    const line = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-c]"));
    if (!line) return;
    state.token = Number(line.dataset.c);
    changed(true);
  });
}
listen("ranked", "pointerover", (/** @type {PointerEvent} */ event) => {
  const line = /** @type {HTMLElement | null} */ (/** @type {HTMLElement} */ (event.target).closest("[data-c]"));
  if (line && event.pointerType !== "touch") hover({ record: state.record, token: Number(line.dataset.c) });
});
listen("strips", "click", (/** @type {MouseEvent} */ event) => {
  const line = /** @type {HTMLElement} */ (event.target).closest("tr");
  if (!line) return;
  show(Number(line.dataset.k), state.row);
  changed(true);
});

// ---- the bar and its menu ----

bar(() => changed());
listen("compare", "click", () => {
  compareNow();
  state.comparing = true;
  changed(true);
});
listen("release", "click", () => { compare(null); changed(true); id("compare").focus(); });
listen("whole", "click", () => { state.part = null; changed(true); });
listen("only", "click", () => { only(); changed(true); });
/** Only what is selected, or else the sentence of the token in hand. */
function only() {
  const range = getSelection(), { inputs } = records[state.record];
  const tokens = range && !range.isCollapsed && box ? [tokenAt(range.anchorNode?.parentElement ?? null), tokenAt(range.focusNode?.parentElement ?? null)].filter(x => x !== undefined) : [];
  if (tokens.length === 2) state.part = [min(...tokens), min(inputs, max(...tokens) + 1)];
  else if (state.token !== null && state.token < inputs) {
    const sentences = current(state.record, "sentences"), g = sentences.of[state.token];
    state.part = [sentences.starts[g], min(inputs, sentences.starts[g + 1] ?? inputs)];
  }
  if (state.part && state.part[0] >= state.part[1]) state.part = null;
}
for (const name of VIEWS) listen("as-" + name, "click", () => { state.view = state.view === name ? "" : name; changed(); });
if (MORE) {
  listen("rule", "click", () => { state.rule = !state.rule; changed(); });
  listen("ranked", "click", (/** @type {MouseEvent} */ event) => {
    const { dataset } = /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (event.target).closest("[data-with],[data-r]") ?? root);
    if (dataset.with) {
      state.with = state.with === +dataset.with ? null : +dataset.with;
      continuation(current());
      id("continuation").scrollIntoView({ block: "nearest" });
    }
    else if (dataset.r) show(state.record, firstOf(current(), +dataset.r));
    else return;
    changed(true);
  });
}
listen("every", "click", () => {
  press(id("every"), id("every").getAttribute("aria-pressed") !== "true");
  changed();
});
listen("save", "click", savePicture);
listen("copy-picture", "click", copyPicture);
listen("copy-table", "click", copyTable);
listen("copy-link", "click", () => {
  try { history.replaceState(null, "", "#" + address()); } catch { }
  return copy(location.href, "The link is copied.");
});
listen("keys", "click", () => dialog.showModal());
listen("close", "click", () => dialog.close());

for (const tab of tabs) {
  listen(tab, "click", () => { state.tab = String(tab.dataset.tab); changed(); });
  listen(tab, "keydown", (/** @type {KeyboardEvent} */ event) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (!by) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    state.tab = String(next.dataset.tab);
    changed();
    next.focus();
  });
}

/** @param {number} token */
const go = token => {
  const { inputs } = records[state.record];
  if (token >= inputs && !state.pinned) show(state.record, token - inputs);
  state.token = token;
  changed(true);
};
listen(field, "input", mark);
listen(field, "keydown", (/** @type {KeyboardEvent} */ event) => {
  if (event.key === "Enter") step(event.shiftKey ? -1 : 1, go);
  if (event.key === "Escape") { field.value = ""; mark(); }
});
listen("next", "click", () => step(1, go));
listen("previous", "click", () => step(-1, go));
listen(document, "keydown", event => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (event.key === "?") dialog.showModal();
  else if (event.key === "/") field.focus();
  else if ((event.key === "Escape" || MORE && event.key === "w") && !target.closest(".chart, #saliency-outputs")) keys(event, false);
  else return;
  event.preventDefault();
});

// On paper the theme is light.
let before = "";
addEventListener("beforeprint", () => {
  before = state.theme;
  state.theme = "light";
  root.dataset.theme = "light";
  for (const figure of figures) { redraw(figure, false); redraw(figure, true); }
  beside();
});
addEventListener("afterprint", () => { state.theme = before; changed(); });
night.addEventListener("change", () => changed());
/** The view of an address; a tab that is not there is the first. @param {string} address */
const follow = address => {
  const [, view] = address.split("#");
  if (view) read(view);
  if (!tabs.some(tab => tab.dataset.tab === state.tab)) state.tab = tabs[0]?.dataset.tab ?? "";
};
// The page may have written its own address meanwhile.
addEventListener("hashchange", event => { follow(event.newURL); changed(); });

// Figures are drawn when they come into sight.
const watcher = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const figure = figures.find(f => f.section === entry.target);
    if (figure) figure.seen = entry.isIntersecting;
  }
  changed();
}, { rootMargin: "200px" });
read(data.state);
rest();
follow(location.href);
root.classList.add("live");
root.dataset.theme = themeName();
for (const element of every("[data-needs-script]")) element.removeAttribute("hidden");
for (const element of every("[data-without-script]")) element.remove();
for (const figure of figures) {
  figure.box.tabIndex = 0;
  figure.box.setAttribute("role", "application");
  figure.box.setAttribute("aria-label", `${figure.section.dataset.title ?? ""}: arrow keys move, Enter compares, Escape releases, question mark lists the keys.`);
  // As an element it would be a tool tip over the whole picture.
  figure.svg.querySelector("title")?.remove();
  figure.svg.removeAttribute("aria-labelledby");
  figure.svg.setAttribute("aria-label", figure.section.dataset.title ?? "");
}
sections();
for (const figure of figures) watcher.observe(figure.section);
changed();
performance.mark("saliency-ready");
