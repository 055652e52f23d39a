// Methods on the same tokens: a thin strip of each one's row, by rank, and how far it agrees with the one in hand.
import { data, finite, id, make, max, min, press, records, round } from "./data.js";
import { groupOf, view, width } from "./grain.js";
import { scaleOf } from "./scale.js";
import { state } from "./state.js";
import { shares } from "./values.js";

/** Spearman's ρ of two records, for an output or in the mean: Rust's numbers. @param {number} a @param {number} b @param {number | null} row */
function agreement(a, b, row) {
  /** @type {(number | null)[]} */
  const all = data.agreement?.[`${min(a, b)} ${max(a, b)}`] ?? [];
  const known = row === null ? all.filter(x => x !== null) : [all[row] ?? null].filter(x => x !== null);
  return known.length ? known.reduce((x, y) => Number(x) + Number(y), 0) / known.length / 100 : null;
}
/** @param {number | null} rho */
const spelled = rho => rho === null ? "–" : rho.toFixed(2).replace("-", "−");

/** Draws every method's strip. */
export function strips() {
  const box = id("strips");
  if (!box) return;
  if (!box.children.length) {
    for (const [k, record] of records.entries()) {
      const line = box.appendChild(make("tr"));
      line.dataset.k = String(k);
      const name = line.appendChild(make("th")), button = name.appendChild(make("button"));
      name.scope = "row";
      button.type = "button";
      button.textContent = new Set(records.map(r => r.method)).size === records.length ? record.method : record.name;
      line.appendChild(make("td")).append(make("canvas"));
      line.append(make("td"), make("td"));
    }
  }
  for (const line of box.children) {
    const k = Number(line.dataset.k), one = view(k, state.grain), [name, strip, now, mean] = line.children;
    const row = one.n ? groupOf(one, min(state.row, one.record.scales.length - 1)) : -1;
    press(name.firstChild, k === state.record);
    now.textContent = k === state.record ? "in hand" : spelled(agreement(k, state.record, state.row));
    mean.textContent = k === state.record ? "" : spelled(agreement(k, state.record, null));
    const canvas = strip.firstChild, context = canvas.getContext("2d");
    if (row < 0) continue;
    const mine = shares(one, row), n = width(one, row), { colors, diverging } = scaleOf([k], state.grain);
    const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => Number(mine[a] ?? -1) - Number(mine[b] ?? -1));
    canvas.width = n;
    canvas.height = 1;
    const strong = diverging ? colors.slice(31) : colors;
    order.forEach((column, rank) => {
      // The upper half of the ranks is what is told apart.
      const t = finite(mine[column]) ? max(0, 2 * (rank + 1) / n - 1) : 0;
      context.fillStyle = strong[round(t * 31)];
      context.fillRect(column, 0, 1, 1);
    });
  }
}
