#!/usr/bin/env node
// Times the report in Chromium beside a page that has a node for each cell, as a data join makes it: bytes, first paint,
// time until it answers, and from a pointer's event to the painted frame: over the rows of the heat map, over the outputs
// in the text, and on a click that compares. The aims, at the 95th percentile of hovers, are 10 ms for 3 × 100 outputs and
// 18 ms for 1,000 × 200.
//
// usage: node page.mjs MODULES PAGE-EXAMPLE [--turns N]
//
// MODULES is what `cargo xtask page` installs into (target/page-tools); PAGE-EXAMPLE the built example `page`
// (cargo build --release -p saliency-viz-svg --features html --example page). CHROME names the browser (/usr/bin/chromium).
// Frames are not held back to the screen's rate, so that a time is work and not waiting. Pages take turns; medians over
// the turns, and the 95th percentile of all hovers.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [modules, example] = process.argv.slice(2).map(path => resolve(path));
const turns = Number(process.argv[process.argv.indexOf("--turns") + 1]) || 5;
const { chromium } = createRequire(modules + "/")("playwright-core");
const here = dirname(fileURLToPath(import.meta.url)), folder = mkdtempSync(join(tmpdir(), "pages-"));

/** A record of a shape, the same each time. */
function shape(inputs, outputs) {
  let seed = 7;
  const random = () => (seed = seed * 1103515245 + 12345 & 0x7fffffff) / 0x7fffffff;
  const words = ["race", "Mars", "manufacturers", "and", "nations", "competition", "to", "the", "first"];
  const token = (_, i) => ({ id: i, text: " " + words[Math.floor(random() * words.length)], kind: i < inputs ? "input" : "output" });
  return {
    format: "saliency-record", version: 1, tokens: Array.from({ length: inputs + outputs }, token),
    attributions: Array.from({ length: outputs }, (_, row) => Array.from({ length: inputs + row }, () => +(random() ** 6).toFixed(5))),
  };
}

/** The peer: a rectangle for each cell and a span for each token, coloured by their styles. */
function peer(records) {
  const of = record => ({
    tokens: record.tokens.map(t => t.text ?? t.token), inputs: record.tokens.filter(t => (t.kind ?? t.type) === "input").length,
    rows: record.attributions,
  });
  return `<!DOCTYPE html><meta charset="utf-8"><body><p id="text"></p><div id="panels"></div><script>
const records = ${JSON.stringify(records.map(of))}, NS = "http://www.w3.org/2000/svg";
const end = 0.04, color = x => { const k = Math.round(255 * (1 - Math.min(1, Math.abs(x) / end))); return x < 0 ? \`rgb(255,\${k},\${k})\` : \`rgb(\${k},\${k},255)\`; };
const spans = records[0].tokens.slice(0, records[0].inputs).map(t => { const s = document.createElement("span"); s.textContent = t; document.getElementById("text").append(s); return s; });
let lock = null;
const cells = [];
const show = (k, row) => spans.forEach((s, i) => { s.style.background = color(records[k].rows[row][i] - (lock ? records[lock[0]].rows[lock[1]][i] : 0)); });
records.forEach((record, k) => {
  const svg = document.getElementById("panels").appendChild(document.createElementNS(NS, "svg"));
  svg.setAttribute("width", 2 * record.tokens.length); svg.setAttribute("height", 19 * record.rows.length);
  record.rows.forEach((values, row) => {
    const g = svg.appendChild(document.createElementNS(NS, "g"));
    values.forEach((x, i) => {
      const r = g.appendChild(document.createElementNS(NS, "rect"));
      for (const [n, v] of [["x", 2 * i], ["y", 19 * row], ["width", 2], ["height", 18]]) r.setAttribute(n, v);
      r.style.fill = color(x);
      cells.push([r, k, row, i]);
    });
    g.addEventListener("pointermove", () => show(k, row));
    g.addEventListener("click", () => { lock = [k, row]; for (const [r, k, row, i] of cells) r.style.fill = color(records[k].rows[row][i] - (records[lock[0]].rows[lock[1]][i] ?? 0)); show(k, row); });
  });
});
show(0, 0);
performance.mark("saliency-ready");
</script>`;
}

const runs = join(here, "../tests/data"), more = join(here, "../../schema/tests/data");
const large = join(folder, "1000x200.json");
writeFileSync(large, JSON.stringify(shape(1000, 200)));
const cases = [["run-30", join(runs, "run-30.json")], ["3x100", join(more, "runs-3x100.json")], ["1000x200", large]];
const pages = [], blank = join(folder, "blank.html");
writeFileSync(blank, "<!DOCTYPE html><p>blank");
for (const [name, record] of cases) {
  const ours = join(folder, `${name}.html`), theirs = join(folder, `${name}-peer.html`);
  execFileSync(example, ["report", record, ours]);
  const read = JSON.parse(readFileSync(record, "utf8"));
  writeFileSync(theirs, peer(Array.isArray(read) ? read : [read]));
  pages.push({ name, who: "ours", file: ours }, { name, who: "a node for each cell", file: theirs });
}

const percentile = (all, share) => [...all].sort((a, b) => a - b)[Math.min(all.length - 1, Math.ceil(all.length * share) - 1)];
const browser = await chromium.launch({
  executablePath: process.env.CHROME || "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-gpu-vsync", "--disable-frame-rate-limit", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (let turn = 0; turn <= turns; turn++) {
  for (const page of pages) {
    const tab = await browser.newPage({ viewport: { width: 1700, height: 1000 } });
    // A reader's tab has shown something before; a new one would add the start of its process.
    await tab.goto(`file://${blank}`);
    await tab.waitForTimeout(1000);
    await tab.goto(`file://${page.file}`);
    await tab.waitForFunction(() => performance.getEntriesByName("saliency-ready").length && performance.getEntriesByName("first-contentful-paint").length, null, { timeout: 120_000 });
    const [paint, ready] = await tab.evaluate(() => ["first-contentful-paint", "saliency-ready"].map(name => performance.getEntriesByName(name)[0].startTime));
    // From an event's arrival in the page to the frame that shows it: a message after the frame's callbacks comes when
    // it is painted. How long the browser holds an event back before that is its own, and the same for all.
    await tab.evaluate(() => {
      window.times = [];
      const channel = new MessageChannel();
      let began = 0;
      channel.port1.onmessage = () => { if (began) window.times.push(performance.now() - began); began = 0; };
      for (const type of ["pointermove", "click"]) {
        addEventListener(type, () => { began ||= performance.now(); requestAnimationFrame(() => channel.port2.postMessage(0)); }, true);
      }
    });
    const box = await tab.evaluate(() => {
      const bars = document.querySelector(".map section:not([hidden]) [data-name=rows]") ?? document.querySelector("svg");
      bars.scrollIntoView({ block: "center" });
      const { left, top, width, height } = bars.getBoundingClientRect();
      return { left, top: Math.max(0, top), width, height: Math.min(height, innerHeight - Math.max(0, top)) };
    });
    const hovers = [], words = [], locks = [];
    await tab.waitForTimeout(500);
    for (let k = 0; k < 90; k++) {
      const [x, y] = [box.left + box.width * (0.05 + 0.4 * (k % 7) / 7), box.top + box.height * (0.1 + 0.8 * k / 90)];
      await tab.mouse.move(x, y);
      await tab.waitForTimeout(30);
      if (k % 30 === 29) {
        await tab.waitForTimeout(150);
        hovers.push(...await tab.evaluate(() => window.times.splice(0)));
        await tab.mouse.click(x, y);
        await tab.waitForFunction(() => window.times.length);
        await tab.waitForTimeout(100);
        locks.push(Math.max(...await tab.evaluate(() => window.times.splice(0))));
        // The click holds the output: it is let go again.
        await tab.keyboard.press("Escape");
        await tab.keyboard.press("Escape");
        await tab.waitForTimeout(100);
        await tab.evaluate(() => window.times.splice(0));
      }
    }
    // The outputs in the text, of which some may be scrolled away.
    const spans = await tab.evaluate(() => [...document.querySelectorAll("#saliency-text [data-t=o]")].map(span => { span.scrollIntoView({ block: "nearest" }); const { x, y, width, height } = span.getBoundingClientRect(); return [x + width / 2, y + height / 2, y > 0 && y < innerHeight]; }).filter(([, , seen]) => seen).slice(-40));
    await tab.evaluate(() => window.times.splice(0));
    for (const [x, y] of spans) {
      await tab.mouse.move(x, y);
      await tab.waitForTimeout(30);
    }
    await tab.waitForTimeout(150);
    words.push(...await tab.evaluate(() => window.times.splice(0)));
    // The first turn takes the browser's caches.
    if (turn > 0) {
      for (const [key, values] of Object.entries({ paint: [paint], ready: [ready], hovers, words, locks })) (page[key] ??= []).push(...values);
    }
    await tab.close();
  }
}
await browser.close();
console.log("| shape | page | bytes | first paint | ready | row, median | row, 95 % | word, 95 % | comparison, median |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
for (const page of pages) {
  const ms = (values, share = 0.5) => !values.length ? "" : `${percentile(values, share).toFixed(1)} ms`;
  console.log(`| ${page.name} | ${page.who} | ${statSync(page.file).size.toLocaleString("en")} | ${ms(page.paint)} | ${ms(page.ready)} | ${ms(page.hovers)} | ${ms(page.hovers, 0.95)} | ${ms(page.words, 0.95)} | ${ms(page.locks)} |`);
}
