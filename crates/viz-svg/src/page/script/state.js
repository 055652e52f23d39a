// The one state of the page, and its form in the address. Outputs and tokens are counted as the record counts them.
import { data, max, min, palettes, records, themes } from "./data.js";

/** @typedef {{record: number, row: number}} Row an output of a record */

export const GRAINS = ["tokens", "words", "sentences"], MODES = ["share", "distance", "difference"], VIEWS = MORE ? ["scatter", ...data.views] : ["scatter"];

export const state = {
  /** A, the output in hand. */
  record: 0, row: 0,
  /** Whether a click holds A fast. */
  pinned: false,
  /** B, which A is compared with. */
  lock: /** @type {Row | null} */ (null),
  token: /** @type {number | null} */ (null),
  grain: /** @type {string} */ (data.grain), mode: "share", intensity: /** @type {number} */ (data.intensity),
  /** Only these inputs, from and to. */
  part: /** @type {[number, number] | null} */ (null),
  tab: "", view: "",
  /** Whether the rule hides; the outputs that are shown whole; the input that a click holds. */
  rule: true, expand: /** @type {number[]} */ ([]), held: /** @type {number | null} */ (null),
  /** The input that the held one is compared with; the replacement whose continuation is shown. */
  against: /** @type {number | null} */ (null), with: /** @type {number | null} */ (null),
  theme: "", palette: "", clip: /** @type {number} */ (data.clip),
  /** A click or a tap on an output chooses B. */
  comparing: false,
};

export const byDistance = () => state.mode === "distance";
/** @param {Row | null} a @param {Row | null} b */
export const same = (a, b) => !!a && !!b && a.record === b.record && a.row === b.row;

const at = (/** @type {Row} */ row) => records.length > 1 ? `${row.record}:${row.row}` : String(row.row);
/** The state in the form of an address. */
export function address() {
  const parts = new URLSearchParams();
  if (state.tab) parts.set("tab", state.tab);
  parts.set("hover", at(state));
  if (state.pinned) parts.set("pin", "1");
  if (state.lock) parts.set("lock", at(state.lock));
  if (state.token !== null) parts.set("token", String(state.token));
  if (state.mode !== "share") parts.set("unit", state.mode);
  if (state.grain !== data.grain) parts.set("grain", state.grain);
  if (state.intensity !== data.intensity) parts.set("intensity", String(state.intensity));
  if (state.part) parts.set("only", state.part.join("-"));
  if (state.view) parts.set("view", state.view);
  if (MORE) {
    if (data.rule && !state.rule) parts.set("rule", "off");
    if (state.expand.length) parts.set("expand", state.expand.join("-"));
    for (const name of NUMBERS) if (state[name] !== null) parts.set(name, String(state[name]));
  }
  if (state.theme !== data.theme) parts.set("theme", state.theme || "system");
  if (state.palette) parts.set("palette", state.palette);
  if (state.clip !== data.clip) parts.set("clip", String(state.clip));
  return parts.toString().replaceAll("%3A", ":");
}

/** Takes what is right in an address; the rest is left as it is. @param {string} text */
export function read(text) {
  const parts = new URLSearchParams(text), get = (/** @type {string} */ name) => parts.get(name) || "";
  const row = (/** @type {string} */ name) => {
    const [, record = "0", row] = /^(?:(\d+):)?(\d+)$/.exec(get(name)) || [];
    return row !== undefined && records[+record]?.scales[+row] !== undefined ? { record: +record, row: +row } : null;
  };
  const one = (/** @type {string} */ name, /** @type {string[]} */ known, /** @type {string} */ other) => known.includes(get(name)) ? get(name) : other;
  Object.assign(state, row("hover"));
  state.lock = row("lock");
  if (same(state.lock, state)) state.lock = null;
  state.pinned = get("pin") === "1";
  const { inputs, texts } = records[state.record], token = get("token");
  state.token = /^\d+$/.test(token) && +token < texts.length ? +token : null;
  state.mode = one("unit", MODES, data.relative ? "distance" : state.lock ? "difference" : "share");
  if (state.mode === "difference" && !state.lock) state.mode = "share";
  state.grain = one("grain", GRAINS, data.grain);
  const intensity = Number(get("intensity"));
  state.intensity = intensity > 0 && Number.isFinite(intensity) ? intensity : data.intensity;
  const [, from, to] = /^(\d+)-(\d+)$/.exec(get("only")) || [];
  state.part = from !== undefined && +from < +to && +to <= inputs ? [+from, +to] : null;
  state.view = one("view", VIEWS, "");
  if (MORE) {
    state.rule = get("rule") !== "off";
    state.expand = get("expand").split("-").filter(x => /^\d+$/.test(x) && records[state.record].scales[+x] !== undefined).map(Number);
    for (const name of NUMBERS) state[name] = /^\d+$/.test(get(name)) && +get(name) < (name === "with" ? (records[state.record].replaced?.list.length ?? 0) : inputs) ? +get(name) : null;
  }
  state.tab = get("tab");
  state.theme = get("theme") === "system" ? "" : themes[get("theme")] ? get("theme") : data.theme;
  state.palette = palettes[get("palette")] ? get("palette") : data.palette;
  state.clip = clips().find(c => String(c) === get("clip")) ?? data.clip;
}

/** Words that are held, and a replacement, in the address. */
const NUMBERS = /** @type {("held" | "against" | "with")[]} */ (["held", "against", "with"]);
/** Where a scale may end. */
export const clips = () => [0.9, 0.95, 0.99, 1].includes(data.clip) ? [0.9, 0.95, 0.99, 1] : [data.clip, 0.9, 0.95, 0.99, 1];

/** Shows an output. @param {number} record @param {number} row */
export function show(record, row) {
  const n = records[record].scales.length, before = state.record;
  state.record = record;
  state.row = max(0, min(n - 1, row));
  const { inputs, texts } = records[record];
  if (state.token !== null && state.token >= texts.length) state.token = null;
  if (state.part && state.part[1] > inputs) state.part = null;
  if (MORE && before !== record) state.held = state.against = state.with = null;
}

/** Compares with an output, or with none. @param {Row | null} row */
export function compare(row) {
  state.comparing = false;
  state.lock = row && !same(row, state) ? { record: row.record, row: row.row } : null;
  if (state.lock) state.mode = "difference";
  else if (state.mode === "difference") state.mode = "share";
}
