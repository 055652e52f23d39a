// The page in a browser: every interaction by pointer, keyboard and touch, against the records' own numbers.
// `cargo xtask page` draws the pages and runs this: node --test page.test.mjs, with CHROME, MODULES and PAGES set.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
const require = createRequire(process.env.MODULES + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const { CHROME, PAGES } = process.env;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
let browser;
before(async () => { browser = await chromium.launch({ executablePath: CHROME, args: FLAGS }); });
after(async () => { await browser?.close(); });

// ---- the page ----

/** A page, with everything it says or asks for. */
async function open(name, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1700, height: 1000 }, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const said = [];
  page.on("console", message => said.push(`console: ${message.text()}`));
  page.on("pageerror", error => said.push(`error: ${error.message}`));
  page.on("dialog", dialog => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", request => { if (!/^(file|data|blob):/.test(request.url())) said.push(`request: ${request.url()}`); });
  await page.goto(`file://${PAGES}/${name}.html${hash && "#" + hash}`);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("html.live");
  await settled(page, options);
  return { page, said, data: await page.locator("#saliency-data").textContent().then(JSON.parse),
    close: async () => { assert.deepEqual(said, []); await context.close(); } };
}
/** What stands beside the pointer's place follows when it rests for 60 ms. */
const settled = (page, { javaScriptEnabled } = {}) => javaScriptEnabled === false || page.evaluate(() => new Promise(done =>
  requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done), 100))));
const said = async (page, name = "cell") => { await settled(page); return page.locator("#saliency-" + name).textContent(); };
const sentence = page => said(page, "sentence");
/** Goes to a view, as an address. */
const go = async (page, hash) => { await page.evaluate(hash => { location.hash = hash; }, hash); await settled(page); };
/** A token's span in the text; an output's. */
const word = (page, token) => page.locator("#saliency-text [data-t]").nth(token);
const output = (page, inputs, row) => word(page, inputs + row);
/** The colours of the text's spans. */
const colored = page => page.locator("#saliency-text [data-t]").evaluateAll(spans => spans.map(span => getComputedStyle(span).backgroundColor));
/** The whole table, as it is copied: its head, and numbers by the token's position. */
async function copied(page) {
  await page.evaluate(() => document.getElementById("saliency-copy-table").click());
  await page.waitForFunction(() => /copied/.test(document.getElementById("saliency-live").textContent));
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).trim().split("\n");
  const [head, ...rows] = lines.filter(line => !line.startsWith("#")).map(line => line.split("\t"));
  return { about: lines.filter(line => line.startsWith("#")).join("\n"), head, rows: rows.map(([position, name, ...numbers]) => ({ position: +position, name, numbers: numbers.map(Number) })) };
}
/** A button of the bar, wherever it is. */
const press = (page, selector) => page.locator(selector).evaluate(button => button.click());

// ---- the record ----

/** A record's rows in some grain, from its own file: what 100 % of each is, its shares, the first token of each column. */
function held(name, grain = "words", k = 0) {
  const all = JSON.parse(readFileSync(`${PAGES}/${name}.${grain}.json`, "utf8")), record = Array.isArray(all) ? all[k] : all;
  const { tokens, attributions: rows, outputs = [], regrouped } = record, inputs = tokens.filter(t => t.kind === "input").length;
  const members = regrouped?.members ?? tokens.map(() => 1), starts = members.map((_, i) => members.slice(0, i).reduce((a, b) => a + b, 0));
  const totals = rows.map((row, r) => row.reduce((sum, x) => sum + Math.abs(x), 0) + Math.abs(outputs[r]?.within ?? 0));
  const of = members.flatMap((n, i) => Array(n).fill(i)), first = starts[inputs] ?? of.length;
  return { names: tokens.map(t => t.text.trim() || "␣"), inputs, rows, totals, starts, of, first, row: output => of[first + output] - inputs,
    shares: rows.map((row, r) => row.map(x => Math.abs(x) / totals[r])), cells: rows.reduce((n, row) => n + row.length, 0) };
}
const quantile = (all, share) => {
  const sorted = all.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(Math.max(Math.ceil(sorted.length * share), 1), sorted.length) - 1];
};
const sum = all => all.reduce((a, b) => a + b, 0);
/** The columns of a row, the largest first. */
const ranked = row => row.map((x, i) => i).sort((a, b) => row[b] - row[a]);
const digits = x => x >= 99.5 ? x.toFixed(0) : x.toPrecision(2);
const percent = x => (100 * x < 0.01 ? "<0.01" : digits(100 * x)) + "\u00a0%";
const times = x => digits(x) + "×";
/** The scale of shares: t = √(x / end), and below the cut t · x / cut. The inputs set the end. */
function scale(record, rows = record.shares, { clip = 0.99, intensity = 1 } = {}) {
  const end = quantile(rows.flatMap(row => row.slice(0, record.inputs)).filter(x => x !== null), clip);
  const cut = Math.min(end, record.rows.length / record.cells / intensity);
  return x => Math.sign(x) * Math.sqrt(Math.min(1, Math.abs(x) / end)) * Math.min(1, Math.abs(x) / cut);
}
/** The colours that a strength from −1 to 1 may have: its level's, and at a rounding's edge its neighbour's. */
function colors(data, strength, palette = "purple", theme = "light") {
  const levels = Buffer.from(data.palettes[palette][theme], "base64").toString("hex").match(/.{6}/g);
  const middle = levels.length > 32 ? 31 : 0, rgb = hex => `rgb(${hex.match(/../g).map(c => parseInt(c, 16)).join(", ")})`;
  return [-0.02, 0.02].map(off => Math.max(0, Math.min(levels.length - 1, Math.round(strength * 31 + off) + middle)))
    .map(level => level === middle ? "rgba(0, 0, 0, 0)" : rgb(levels[level]));
}
/** Whether the text has the colours of a row's strengths. */
async function painted(page, data, record, row, strength, ...palette) {
  (await colored(page)).forEach((color, token) => {
    const column = record.of[token];
    if (column >= record.inputs + row) return assert.equal(color, "rgba(0, 0, 0, 0)", `row ${row}, token ${token}`);
    const expected = colors(data, strength(column), ...palette);
    assert.ok(expected.includes(color), `row ${row}, token ${token}: ${color} is not ${expected}`);
  });
}
/** Median shares at each distance, and how many they are; the ratios of a row to them. */
function distances(record) {
  const all = [];
  record.shares.forEach((row, r) => row.forEach((x, i) => (all[record.inputs + r - i] ??= []).push(x)));
  const median = all.map(x => { x.sort((a, b) => a - b); return (x[(x.length - 1) >> 1] + x[x.length >> 1]) / 2; });
  return { median, n: all.map(x => x.length) };
}
const run = held("run-30"), INPUTS = 184;
const differences = (record, lock) => record.shares.map(row => row.map((x, i) => i < record.shares[lock].length ? x - record.shares[lock][i] : null));

// ---- words and numbers ----

test("numbers are spelled as Rust spells them", async () => {
  const source = readFileSync(new URL("../../src/page/script/numbers.js", import.meta.url), "utf8");
  const { percent, signed, times } = await import("data:text/javascript," + encodeURIComponent(source));
  // The table of `values/number.rs`.
  assert.deepEqual([0, 1e-6, 0.0001, 0.0052, 0.046, 0.04, 0.0996, 0.1204, 0.996, 1, 1.234, 0.125].map(percent),
    ["0", "<0.01", "0.010", "0.52", "4.6", "4.0", "10", "12", "100", "100", "123", "12"].map(x => x + "\u00a0%"));
  assert.deepEqual([12.3, 0.384, 10.22, 5.3009, 0.004, 0, 186, 9.96, 1.25].map(times), ["12×", "0.38×", "10×", "5.3×", "<0.01×", "0×", "186×", "10×", "1.2×"]);
  assert.deepEqual([0.1234, -0.003, 0.0996, 2, -15.7, 1234.5, 1.24e-7, -3.6e9, 0].map(signed), ["+0.12", "−0.003", "+0.1", "+2", "−16", "+1234", "+1.2e−7", "−3.6e9", "0"]);
});

test("without script the page has a title, a sentence, coloured text, a heat map and a table", async () => {
  const { page, data, close } = await open("report", { javaScriptEnabled: false });
  const most = run.shares.map(row => row.length * Math.max(...row.slice(0, run.inputs))), row = most.indexOf(Math.max(...most));
  assert.equal(run.names[run.inputs + row], "manufacturers");
  const [a, b, c] = ranked(run.shares[row]), share = i => percent(run.shares[row][i]);
  const later = percent(sum(run.shares[row].slice(run.inputs)));
  const expected = `manufacturers drew most on ${run.names[a]} (${share(a)}, ${times(run.shares[row][a] * run.rows[row].length)} an even share), `
    + `${run.names[b]} (${share(b)}) and ${run.names[c]} (${share(c)}); ${later} went to earlier outputs.`;
  assert.equal(await page.locator("#saliency-sentence").textContent(), expected);
  assert.equal(await page.locator("meta[name=description]").getAttribute("content"), expected);
  const title = await page.title();
  assert.equal(title, "…first organization to land on Mars will be SpaceX and other manufacturers and…");
  assert.equal(await page.locator("h1").textContent(), title);
  assert.match(await page.locator("h1 b").textContent(), /^SpaceX and/);
  const strength = scale(run);
  await painted(page, data, run, row, i => strength(run.shares[row][i]));
  assert.equal(await page.locator("section:visible svg:visible").count(), 1);
  const cells = await page.locator("#saliency-table tbody tr").evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  assert.deepEqual(cells.map(row => [row[0], row[1], row[3]]), ranked(run.shares[row]).slice(0, 12).map(i => [String(run.starts[i]), run.names[i], share(i)]));
  for (const hidden of [".bar", ".inspector", "[role=tablist]", "dialog"]) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  await close();
});

test("the script says and colours what Rust does, for every page at rest", async () => {
  for (const name of ["report", "report-hovered", "report-locked", "runs", "methods", "excerpt", "charts", "translated", "single", "empty", "hostile"]) {
    const [still, live] = [await open(name, { javaScriptEnabled: false }), await open(name)];
    await press(live.page, "[data-tab=table]");
    await settled(live.page);
    for (const what of ["h1", ".facts > span:first-child", "#saliency-sentence", "#saliency-text", "caption"]) {
      const text = async p => (await p.page.locator(what).first().textContent({ timeout: 500 }).catch(() => "none")).replace(/these .*/, "");
      assert.equal(await text(live), await text(still), `${name}: ${what}`);
    }
    // Values of 16 bits may lie one level beside Rust's.
    const [now, then] = [await colored(live.page), await colored(still.page)].map(all => all.map(color => color.match(/\d+/g).map(Number)));
    now.forEach((color, token) => color.forEach((c, i) => assert.ok(Math.abs(c - then[token][i]) < 12, `${name}, token ${token}: ${color} ${then[token]}`)));
    const table = p => p.locator("#saliency-table").evaluate(table => {
      const head = [...table.querySelectorAll("th")].map(cell => cell.textContent);
      return [...table.querySelectorAll("tbody tr")].slice(0, 12).map(row => ["#", "word", "share", "× even"].map(name => row.cells[head.indexOf(name)]?.textContent));
    });
    if (name !== "report-locked") assert.deepEqual(await table(live.page), await table(still.page), name);
    await still.close();
    await live.close();
  }
});

test("tokens, words and sentences hold the sums of the record", async () => {
  const { page, data, close } = await open("report");
  for (const grain of ["sentences", "tokens", "words"]) {
    const record = held("run-30", grain), strength = scale(record);
    await press(page, `[data-grain=${grain}]`);
    for (const out of [12, 29, 0]) {
      await page.mouse.move(2, 2);
      await output(page, INPUTS, out).hover();
      const row = record.row(out), numbers = record.of.filter(g => g === record.inputs + row).length;
      assert.match(await said(page), new RegExp(`^Output ${numbers > 1 ? `${record.starts[record.inputs + row] - INPUTS}–\\d+` : out} “`));
      const { head, rows } = await copied(page);
      assert.deepEqual(head, ["position", grain.slice(0, -1), "value", "share"]);
      assert.deepEqual(rows.map(row => row.position).sort((a, b) => a - b), record.starts.slice(0, record.inputs + row));
      for (const { position, name, numbers } of rows) {
        const column = record.of[position];
        assert.ok(Math.abs(numbers[1] - record.shares[row][column]) < 2e-4 * Math.max(...record.shares[row]), `${grain}, ${row}, ${position}: ${numbers}`);
        if (grain !== "sentences") assert.equal(name, record.names[column]);
      }
      await painted(page, data, record, row, i => strength(record.shares[row][i]));
    }
  }
  await close();
});

test("against distance a share is divided by the median at its distance", async () => {
  const { page, data, close } = await open("report", { hash: "hover=0&grain=tokens" });
  const record = held("run-30", "tokens"), { median, n } = distances(record);
  await press(page, "[data-mode=distance]");
  const ratio = (row, i) => record.shares[row][i] / median[INPUTS + row - i];
  assert.match(await sentence(page), /^Against distance, SpaceX drew most on Boeing \(10×.*\), SpaceX \(6\.9×\) and Origin \(5\.3×\)\.$/);
  const logs = record.rows.flatMap((row, r) => row.slice(0, INPUTS).map((_, i) => Math.log2(ratio(r, i)))).filter(Number.isFinite), end = quantile(logs, 0.99);
  for (const row of [0, 12]) {
    await go(page, `hover=${row}&grain=tokens&unit=distance`);
    await painted(page, data, record, row, i => Math.max(-1, Math.min(1, Math.log2(ratio(row, i)) / end)) * Math.min(1, n[INPUTS + row - i] / 5), "puor");
    const { rows } = await copied(page);
    for (const { position, numbers } of rows) assert.ok(Math.abs(numbers[0] - Math.log2(ratio(row, position))) < 5e-3, `${row} ${position}`);
  }
  // A word against the medians of all its tokens, once for each output of a row.
  await press(page, "[data-grain=words]");
  const row = run.row(12), pairs = g => record.of.filter((_, t) => run.of[t] === g);
  for (const { position, numbers } of (await copied(page)).rows) {
    const column = run.of[position], outputs = pairs(run.inputs + row), expected = outputs.flatMap(o => pairs(column).map(t => median[o - t]));
    assert.ok(Math.abs(numbers[0] - Math.log2(outputs.length * run.shares[row][column] / sum(expected))) < 5e-3, `${position}`);
  }
  await close();
});
