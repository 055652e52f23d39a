// What a page shows beside its rows, where it has that: the words that stood in a word's place, pairs of words, the
// columns of two words. Each is a view of the list under the text; a click on a word holds it there.
import { data, id, make, press } from "./data.js";
import { columns } from "./columns.js";
import { pairs } from "./pairs.js";
import { replaced } from "./replaced.js";
import { state } from "./state.js";

/** @type {Record<string, () => void>} */
export const views = { columns, pairs, replaced };
/** @type {Record<string, string>} */
const NAMES = { columns: "two words", pairs: "pairs", replaced: "replacements" };

/** The controls that only such pages have. */
export function furnish() {
  const button = (/** @type {string} */ name, /** @type {string} */ text) => {
    const made = make("button");
    made.type = "button";
    made.id = "saliency-" + name;
    made.textContent = text;
    press(made, false);
    return made;
  };
  for (const name of data.views) id("held")?.before(button("as-" + name, NAMES[name]));
  if (data.rule) {
    const rule = button("rule", "Rule");
    rule.title = `Shown: ${data.rule}`;
    id("whole").before(rule);
  }
  const line = make("p");
  line.id = "saliency-continuation";
  line.setAttribute("role", "status");
  id("ranked")?.after(line);
}

/** A click on an input, or the key w: it is held, and released by the next one; of two columns the second one is what
 * the first is compared with. @param {number} token */
export function hold(token) {
  const { held, against, view } = state;
  if (token === held) state.held = state.against = null;
  else if (view !== "columns" || held === null) state.held = token;
  else state.against = token === against ? null : token;
}
/** Releases the second word, or else the first. Whether there was one. */
export function letGo() {
  if (state.held === null) return false;
  if (state.against !== null) state.against = null;
  else state.held = null;
  return true;
}
