// What a reader takes along: a link, the table, a picture.
import { floor, id, make, max, records } from "./data.js";
import { figures } from "./figures.js";
import { numbers, place, rowName } from "./grain.js";
import { lines } from "./inspector.js";
import { exact } from "./numbers.js";
import { scaleOf, theme } from "./scale.js";
import { byDistance, state } from "./state.js";
import { SVG, add, write } from "./svg.js";
import { inShares, locked, shares, subtracted, whole } from "./values.js";
import { legend, rowTitle, sentence, text } from "./words.js";

/** @param {string} said */
const done = said => { id("live").textContent = said; };
/** @param {() => Promise<void>} modern @param {() => void} other */
async function tried(modern, other) {
  try {
    // Asking where it is forbidden would be a complaint in the console.
    if (/** @type {any} */ (document).featurePolicy?.allowsFeature("clipboard-write") === false) throw 0;
    await modern();
  } catch {
    other();
  }
}
/** @param {string} copied @param {string} said */
export async function copy(copied, said) {
  await tried(() => navigator.clipboard.writeText(copied), () => {
    // Where a frame may not ask: select the text and copy it.
    const area = make("textarea");
    area.value = copied;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  });
  done(said);
}

/** The table as tab-separated values, with how they were made. */
export function copyTable() {
  const { columns, view, row } = lines(Infinity), { record } = view, lock = subtracted();
  if (!view.n) return;
  const values = whole(view, row), mine = shares(view, row), other = lock ? locked(view) : [];
  const unit = byDistance() ? "log2 of share / median share at that distance" : inShares(view) ? "share of the row" : record.unit;
  const about = [`method: ${record.method}`, `target: ${record.target}`, `output ${numbers(view, row)}: ${rowName(view, row)}`, ...(lock ? [`minus output ${numbers(lock.view, lock.row)}: ${rowName(lock.view, lock.row)}`] : []), `unit: ${unit}`];
  const head = ["position", state.grain.slice(0, -1), ...(lock ? ["B", "difference"] : ["value", "share"])];
  const table = columns.map(i => [place(view, i), view.labels[i], ...(lock ? [exact(other[i]), exact(values[i])] : [exact(values[i]), exact(mine[i])])].join("\t"));
  return copy([...about.map(line => "# " + line), head.join("\t"), ...table].join("\n") + "\n", `${columns.length} rows copied.`);
}

/** The figure in view as a picture of its own: title, sentence and legend above it. */
function picture() {
  const figure = figures.find(figure => figure.seen && !figure.section.hidden) ?? figures.find(figure => !figure.section.hidden);
  if (!figure) return null;
  const { width, height } = figure.svg.viewBox.baseVal, look = theme(), top = 84, M = 16;
  const wide = max(width, 560) + 2 * M;
  const svg = add(make("div"), "svg", { xmlns: SVG, width: wide, height: height + top + M, viewBox: `0 0 ${wide} ${height + top + M}`, "font-family": '"DejaVu Sans Mono", Menlo, Consolas, monospace' });
  add(svg, "title", {}, text(sentence()));
  add(svg, "rect", { width: wide, height: height + top + M, fill: look.ground });
  write(svg, rowTitle(), M, 24, 15, { "font-weight": "bold" });
  const scale = scaleOf([state.record], state.grain), said = legend([state.record]), n = scale.colors.length;
  scale.colors.forEach((color, i) => add(svg, "rect", { x: M + i * 160 / n, y: 36, width: 160 / n + 0.3, height: 10, fill: color }));
  write(svg, `${said.low} … ${said.high}`, M + 172, 45, 11);
  write(svg, [records[state.record].facts, ...said.notes].join(" · ").slice(0, floor((wide - 2 * M) / 6.63)), M, 66, 11, { fill: look.muted });
  const copy = /** @type {SVGSVGElement} */ (figure.svg.cloneNode(true));
  for (const element of [copy, ...copy.querySelectorAll("[class],[data-live]")]) for (const name of ["class", "data-live", "data-theme", "tabindex", "role", "aria-label"]) element.removeAttribute(name);
  for (const element of copy.querySelectorAll("[hidden]")) element.remove();
  add(svg, "g", { transform: `translate(${M} ${top})` }).append(copy);
  return { text: new XMLSerializer().serializeToString(svg), name: figure.section.dataset.chart ?? "saliency", width: wide, height: height + top + M };
}
/** @param {Blob} blob @param {string} name */
function save(blob, name) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
export function savePicture() {
  const made = picture();
  if (made) save(new Blob([made.text], { type: "image/svg+xml" }), made.name + ".svg");
}
/** Copies the picture as PNG; where that is not allowed, it is saved. */
export async function copyPicture() {
  const made = picture();
  if (!made) return;
  const image = new Image();
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(made.text);
  await image.decode();
  const canvas = make("canvas");
  canvas.width = 2 * made.width;
  canvas.height = 2 * made.height;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise(done => canvas.toBlob(done));
  await tried(async () => {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    done("The picture is copied.");
  }, () => {
    save(blob, made.name + ".png");
    done("The picture is saved: this browser does not let a page copy it.");
  });
}
