// The page in a browser: every interaction by pointer, keyboard and touch, against the records' own numbers.
// `cargo xtask page` draws the pages and runs this: node --test page.test.mjs, with CHROME, MODULES and PAGES set.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
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
const said = async (page, name = "ranking") => { await settled(page); return page.locator("#saliency-" + name).textContent(); };
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
  await page.evaluate(() => { document.getElementById("saliency-live").textContent = ""; document.getElementById("saliency-copy-table").click(); });
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
  return x => x === null ? null : Math.sign(x) * Math.sqrt(Math.min(1, Math.abs(x) / end)) * Math.min(1, Math.abs(x) / cut);
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
    const s = strength(column), expected = s === null ? [palette[1] === "dark" ? "rgb(74, 80, 88)" : "rgb(217, 217, 217)"] : colors(data, s, ...palette);
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
  const source = readFileSync(new URL("../../src/page/script/numbers.js", import.meta.url), "utf8").replace(/^import .*/m, "const { abs, floor, max } = Math, finite = Number.isFinite;");
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
  const expected = share(run, row);
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
  assert.deepEqual(cells.map(row => [row[0], row[1], row[3]]), ranked(run.shares[row]).slice(0, 12).map(i => [String(run.starts[i]), run.names[i], percent(run.shares[row][i])]));
  for (const hidden of [".bar", ".inspector", "[role=tablist]", "dialog"]) assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  await close();
});

test("the script says and colours what Rust does, for every page at rest", async () => {
  for (const name of ["report", "report-hovered", "report-locked", "runs", "methods", "excerpt", "charts", "translated", "signed", "single", "empty", "ruled"]) {
    const [still, live] = [await open(name, { javaScriptEnabled: false }), await open(name)];
    await press(live.page, "[data-tab=table]");
    await settled(live.page);
    for (const what of ["h1", ".facts > span:first-child", "#saliency-sentence", "#saliency-text", ...name === "empty" ? [] : ["caption"]]) {
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
      assert.match(await said(page), new RegExp(`\\(output ${numbers > 1 ? `${record.starts[record.inputs + row] - INPUTS}–\\d+` : out}\\)$`));
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

test("an excerpt's shares count what lies outside, of several outputs together too", async () => {
  for (const name of ["excerpt", "excerpt-unsigned", "excerpt-signed"]) {
    const { page, close } = await open(name);
    for (const grain of ["tokens", "words", "sentences"]) {
      const file = JSON.parse(readFileSync(`${PAGES}/${name}.${grain}.json`, "utf8")), record = Array.isArray(file) ? file[0] : file;
      const members = record.regrouped?.members ?? record.tokens.map(() => 1), { positions, outside } = record.excerpt, n = record.attributions.length;
      await press(page, `[data-grain=${grain}]`);
      for (const row of [n - 1, n >> 1]) {
        await go(page, `grain=${grain}&pin=1&hover=${sum(members.slice(record.tokens.length - n, record.tokens.length - n + row))}`);
        const values = record.attributions[row].map(Math.abs), total = sum(values) / (1 - (outside[row] ?? 0)) + Math.abs(record.outputs?.[row]?.within ?? 0);
        const { rows } = await copied(page);
        assert.equal(rows.length, values.length, `${name} ${grain} ${row}`);
        for (const { position, numbers } of rows) {
          const expected = values[positions.indexOf(position)] / total;
          assert.ok(Math.abs(numbers[1] - expected) < 3e-4 * Math.max(...values) / total, `${name}, ${grain}, ${row}, ${position}: ${numbers[1]} is not ${expected}`);
        }
      }
    }
    await close();
  }
});

test("against distance a share is divided by the median at its distance", async () => {
  const { page, data, close } = await open("report", { hash: "hover=0&grain=tokens" });
  const record = held("run-30", "tokens"), { median, n } = distances(record);
  await press(page, "[data-mode=distance]");
  const ratio = (row, i) => record.shares[row][i] / median[INPUTS + row - i];
  assert.match(await sentence(page), /^Against distance, SpaceX drew most on Boeing \(10×.*\), SpaceX \(6\.9×.*\) and Origin \(5\.3×.*\)\.$/);
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

// ---- what a reader does ----

const quoted = name => /[\p{L}\p{N}]/u.test(name) ? name : `“${name}”`;
const named = (record, row) => `“${record.names[record.inputs + row]}” (output ${record.starts[record.inputs + row] - record.first})`;
/** What a row and its difference from another are said to be. */
const back = (record, row, i, first, n = record.inputs + row - i) => `, ${n}${first ? n === 1 ? " word" : " words" : ""} back`;
const share = (record, row) => {
  const [a, b, c] = ranked(record.shares[row].map(Math.abs)), names = record.names, x = record.shares[row];
  const later = sum(x.slice(record.inputs)), tail = later > 0 ? `; ${percent(later)} went to earlier outputs.` : ".";
  return `${names[record.inputs + row]} drew most on ${names[a]} (${percent(x[a])}, ${times(x[a] * x.length)} an even share${back(record, row, a, true)}), ${names[b]} (${percent(x[b])}${back(record, row, b)}) and ${names[c]} (${percent(x[c])}${back(record, row, c)})${tail}`;
};
const difference = (record, a, b) => {
  const gaps = differences(record, b)[a], sorted = ranked(gaps.map(x => Math.abs(x ?? 0)));
  const [up, down] = [1, -1].map(sign => sorted.filter(i => sign * gaps[i] > 0).slice(0, 3).map(i => [i, sign > 0 ? "+" + percent(gaps[i]) : "−" + percent(-gaps[i])]));
  const list = (all, first) => all.map(([column, x], i) => `${i === 2 ? " and " : i ? ", " : ""}${quoted(record.names[column])} (${x}${i ? "" : first}${back(record, a, column, !i)})`).join("");
  return `${record.names[record.inputs + a]} drew more than ${record.names[record.inputs + b]} on ${list(up, " of the row")}; less on ${list(down, "")}.`;
};
/** The row that differs most from another, by the shares of the inputs. */
function mostDifferent(record, row) {
  const gap = other => sum(record.shares[other].slice(0, record.inputs).map((x, i) => Math.abs(x - record.shares[row][i])));
  return ranked(record.rows.map((_, other) => other === row ? -1 : gap(other)))[0];
}

test("a click holds A, the next is B, and a click on B releases", async () => {
  const { page, data, close } = await open("report");
  const [four, twelve, twenty] = [4, 12, 20].map(run.row);
  await output(page, INPUTS, 4).click();
  await output(page, INPUTS, 12).hover();
  assert.equal(await sentence(page), share(run, four));
  await output(page, INPUTS, 12).click();
  assert.equal(await sentence(page), difference(run, four, twelve));
  assert.equal(await said(page), "“and” (output 4) minus “may” (output 12)");
  assert.match(await said(page, "live"), /^Output 4 “and”, compared with “may” \(output 12\)/);
  const gaps = differences(run, twelve), strength = scale(run, gaps);
  const other = await output(page, INPUTS, 12).evaluate(span => span.className), own = await output(page, INPUTS, 4).evaluate(span => span.className);
  assert.ok(/\bb\b/.test(other) && /\ba\b/.test(own), `${own}, ${other}`);
  await painted(page, data, run, four, i => strength(gaps[four][i]), "puor");
  assert.match(await said(page, "low"), /^more to may \(B\)/);
  assert.match(await said(page, "high"), /more to and \(A\)$/);
  const { head, rows } = await copied(page);
  assert.deepEqual(head, ["position", "word", "B", "difference"]);
  for (const { position, numbers } of rows) {
    const column = run.of[position];
    assert.ok(Math.abs(numbers[0] - run.shares[twelve][column]) < 2e-5 && Math.abs(numbers[1] - gaps[four][column]) < 2e-5, `${position}: ${numbers}`);
  }
  const items = await page.locator("#saliency-ranked li").evaluateAll(items => items.map(item => [item.querySelector("b").textContent, item.querySelector(".m").textContent]));
  assert.deepEqual(items.slice(0, 5), ranked(gaps[four].map(Math.abs)).slice(0, 5).map(i => [run.names[i], `${percent(run.shares[four][i])} ○ ${percent(run.shares[twelve][i])}`]));
  await output(page, INPUTS, 20).click();
  assert.equal(await sentence(page), difference(run, four, twenty));
  await output(page, INPUTS, 20).click();
  assert.equal(await sentence(page), share(run, four));
  await output(page, INPUTS, 4).click();
  await output(page, INPUTS, 12).hover();
  assert.equal(await sentence(page), share(run, twelve));
  // Compare takes the output that differs most; the strip is the same thing again.
  await page.locator("#saliency-compare").click();
  const most = mostDifferent(run, twelve);
  assert.equal(await sentence(page), difference(run, twelve, most));
  assert.equal(await page.locator("#saliency-release").textContent(), `✕ release ${run.names[run.inputs + most]}`);
  await page.locator("#saliency-outputs button").nth(twenty).click();
  assert.equal(await sentence(page), difference(run, twelve, twenty));
  await page.locator("#saliency-release").click();
  assert.equal(await sentence(page), share(run, twelve));
  await page.locator("#saliency-outputs button").nth(twenty).click();
  assert.equal(await sentence(page), difference(run, twelve, twenty));
  await press(page, "[data-mode=share]");
  assert.equal(await sentence(page), share(run, twelve));
  await press(page, "[data-mode=difference]");
  assert.equal(await sentence(page), difference(run, twelve, twenty));
  await close();
});

test("what the pointer is over is what is shown, and nothing moves under it", async () => {
  const { page, close } = await open("report");
  for (const hash of ["hover=3", "hover=3&lock=4&pin=1"]) {
    for (const width of [1700, 1280, 1100, 700]) {
      await page.setViewportSize({ width, height: 900 });
      await go(page, hash + "&x=" + width);
      for (const row of [6, 16, 19, 25, 28]) {
        const span = output(page, INPUTS, row);
        await span.scrollIntoViewIfNeeded();
        const [before, { width: w, height: h }] = [await span.boundingBox(), await span.boundingBox()];
        await page.mouse.move(before.x + w / 2, before.y + h / 2);
        await settled(page);
        const now = await span.boundingBox();
        assert.deepEqual([now.x, now.y], [before.x, before.y], `${hash} ${width} ${row}`);
        if (!hash.includes("lock")) assert.match(await said(page), new RegExp(`\\(output ${row}\\)`), `${width}`);
      }
    }
  }
  await close();
});

/** The place in the window of a cell of the heat map in hand. */
async function cellAt(page, data, row, column, record = run) {
  const number = await page.locator(".map section:visible").getAttribute("data-figure"), { at, cell, gap } = data.figures[number].parts.find(part => part.kind === "grid");
  return page.locator(`[data-figure="${number}"] svg`).evaluate((svg, [x, y]) => {
    const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    return [point.x, point.y];
  }, [at[0] + (column + 0.5) * cell[0] + (column >= record.inputs ? gap : 0), at[1] + (row + 0.4) * cell[1]]);
}

test("the heat map shows a row under the pointer, holds and compares it, in every grain", async () => {
  const { page, data, close } = await open("report");
  for (const grain of ["words", "sentences", "tokens"]) {
    const record = held("run-30", grain), last = record.rows.length - 1;
    await go(page, "grain=" + grain);
    await page.mouse.move(...await cellAt(page, data, last, 1, record));
    assert.match(await said(page, "cell"), new RegExp(`^Output ${record.starts[record.inputs + last] - INPUTS}.*; ${grain.slice(0, -1)} ${record.starts[1]} `), grain);
    const { width, map } = await page.evaluate(() => ({ width: document.querySelector(".map section:not([hidden]) svg").getBoundingClientRect().width, map: document.querySelector(".map").clientWidth }));
    assert.ok(width <= map, `${width} ${map}`);
  }
  await go(page, "hover=4");
  const [four, twelve] = [4, 12].map(run.row);
  await page.mouse.click(...await cellAt(page, data, four, 3));
  await page.mouse.click(...await cellAt(page, data, twelve, 5));
  assert.equal(await sentence(page), difference(run, four, twelve));
  const gaps = differences(run, twelve), strength = scale(run, gaps), wanted = [0, 7, four, twelve, 20].flatMap(row => [0, 50, 100, run.inputs - 1].map(column => [row, column]));
  const number = await page.locator(".map section:visible").getAttribute("data-figure"), { cell } = data.figures[number].parts.find(part => part.kind === "grid");
  const found = await page.locator(`[data-figure="${number}"] [data-name=rows] path[fill]`).evaluateAll((paths, points) => points.map(([x, y]) => {
    const fill = paths.find(path => path.isPointInFill(new DOMPoint(x, y)))?.getAttribute("fill");
    return `rgb(${fill?.match(/[0-9a-f]{2}/g).map(c => parseInt(c, 16)).join(", ")})`;
  }), wanted.map(([row, column]) => [(column + 0.5) * cell[0], (row + 0.4) * cell[1]]));
  wanted.forEach(([row, column], k) => {
    const expected = colors(data, strength(gaps[row][column]), "puor").map(color => color.includes("a") ? "rgb(238, 238, 238)" : color);
    assert.ok(expected.includes(found[k]), `row ${row}, column ${column}: ${found[k]} is not ${expected}`);
  });
  await close();
});

test("every key does what the help says", async () => {
  const { page, close } = await open("report");
  const outputs = run.starts.slice(run.inputs).map(start => start - INPUTS), at = n => new RegExp(`^Output ${outputs[n]}\\D`), rest = run.row(3);
  for (const where of [".map .chart", "#saliency-outputs .a"]) {
    const [down, up, right, left] = where.startsWith("#") ? ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"] : ["ArrowDown", "ArrowUp", "ArrowRight", "ArrowLeft"];
    await go(page, "hover=3&x=" + down);
    await page.locator(where).filter({ visible: true }).focus();
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none");
    const most = mostDifferent(run, rest + 9), moved = most + 1 === rest + 9 ? most + 2 : most + 1;
    for (const [key, ...expected] of [
      [down, at(rest + 1)], [down, at(rest + 2)], [up, at(rest + 1)], ["PageDown", at(rest + 11)], ["PageUp", at(rest + 1)], ["PageDown", at(rest + 11)], [up, at(rest + 10)], [up, at(rest + 9)],
      [right, / word 0 /], [right, / word 1 /], [left, / word 0 /], ["End", new RegExp(` word ${run.starts[run.inputs + rest + 8]} `)], ["Home", / word 0 /],
      ["Enter", new RegExp(`compared with “[^”]*” \\(output ${outputs[most]}[)–]`)], ["Shift+" + down, new RegExp(`compared with “[^”]*” \\(output ${outputs[moved]}[)–]`)],
      [up, at(rest + 8), /compared/], ["Escape", /^(?!.*compared).* word 0 /], ["Escape", / word 0 /], ["Escape", /^Output \d+ “[^”]*”\.$/],
    ]) {
      await page.keyboard.press(key);
      for (const pattern of expected) assert.match(await said(page, "live"), pattern, `${where}: ${key}`);
    }
    // No trap: the next element takes the focus.
    const here = await page.evaluateHandle(() => document.activeElement);
    await page.keyboard.press("Tab");
    assert.ok(await page.evaluate(here => document.activeElement !== here && document.activeElement !== document.body, here));
  }
  await page.evaluate(() => document.activeElement.blur());
  const dialog = page.locator("dialog"), isOpen = () => dialog.evaluate(dialog => dialog.open);
  await page.keyboard.press("?");
  assert.ok(await isOpen());
  await page.keyboard.press("Escape");
  assert.ok(!await isOpen());
  await page.locator(".menu summary").click();
  await page.locator("#saliency-keys").click();
  await page.locator("#saliency-close").click();
  assert.ok(!await isOpen());
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "saliency-search");
  // Tabs: one stop, and arrows.
  await page.locator("[role=tab][aria-selected=true]").focus();
  await page.keyboard.press("ArrowRight");
  await settled(page);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.tab), "table");
  assert.ok(await page.locator("#saliency-table").isVisible());
  await close();
});

test("a tap chooses A, after 'Compare with…' B, at 360 px", async () => {
  const { page, close } = await open("report", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const tap = async row => { const span = output(page, INPUTS, row); await span.evaluate(span => span.scrollIntoView({ block: "center" })); await span.tap(); };
  await tap(6);
  assert.equal(await said(page), named(run, run.row(6)));
  await tap(9);
  assert.equal(await said(page), named(run, run.row(9)));
  await page.locator("#saliency-compare").tap();
  const nine = run.row(9);
  assert.equal(await sentence(page), difference(run, nine, mostDifferent(run, nine)));
  await tap(12);
  assert.equal(await sentence(page), difference(run, nine, run.row(12)));
  assert.match(await said(page, "ranking"), /minus “may” \(output 12\)/);
  const { y, height } = await page.locator(".inspector").boundingBox();
  assert.ok(y > 370 && y + height <= 741, `${y} ${height}`);
  await page.locator("#saliency-release").tap();
  const chip = page.locator("#saliency-outputs button").nth(run.row(20));
  await chip.scrollIntoViewIfNeeded();
  await chip.tap();
  assert.equal(await sentence(page), share(run, run.row(20)));
  // Nothing makes the page itself wider than the window, and what is touched is large enough.
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await page.locator(".menu summary").tap();
  for (const tab of ["every", "table", "about"]) {
    await go(page, "tab=" + tab);
    const small = await page.locator("button:visible, select:visible, input:visible, summary:visible, [role=tab]:visible").evaluateAll(all => all.map(e => [e.id || e.textContent, e.getBoundingClientRect()]).filter(([, r]) => r.width < 44 || r.height < 44).map(([id, r]) => `${id} ${r.width} × ${r.height}`));
    assert.deepEqual(small, []);
  }
  await close();
});

/** Whose outputs the scatter's axes say they are: the one to the right, the one upwards. */
async function axes(page) {
  await press(page, "#saliency-as-scatter");
  await settled(page);
  return page.locator("#saliency-scatter section:visible text[font-weight=bold]").evaluateAll(texts => texts.map(text => text.textContent.split(" · ").at(-1)));
}

test("a lock in one continuation compares with the rows of the others", async () => {
  const { page, close } = await open("runs", { hash: "tab=continuations&hover=1:8&lock=0:5&token=60" });
  const [zero, one] = [held("runs-3x30", "words", 0), held("runs-3x30", "words", 1)], column = one.of[60];
  const gap = one.shares[one.row(8)][column] - zero.shares[zero.row(5)][column];
  assert.match(await said(page, "cell"), new RegExp(`^continuation 1\\. Output 8 “.*”, compared with “.*” \\(output 5\\) of continuation 0; word 60 “.*”: [+−]${percent(Math.abs(gap))} against`));
  // The other continuation's own outputs have no counterpart.
  const spans = (await colored(page)).slice(one.first, one.first + 8);
  assert.deepEqual([...new Set(spans)], ["rgb(217, 217, 217)"]);
  assert.deepEqual(await axes(page), ["continuation 0", "continuation 1"]);
  await page.locator("#saliency-panel-continuations .chart").focus();
  for (const [key, k] of [["]", 2], ["]", 0], ["[", 2]]) {
    await page.keyboard.press(key);
    assert.match(await said(page, "cell"), new RegExp(`^continuation ${k}\\. Output 8 `));
  }
  await page.locator("#saliency-record").selectOption({ index: 0 });
  assert.match(await said(page, "cell"), /^continuation 0\. /);
  const texts = JSON.parse(readFileSync(`${PAGES}/runs-3x30.tokens.json`, "utf8"))[0].tokens.map(t => t.text).join("");
  assert.equal((await page.locator("#saliency-text").textContent()).trim(), texts.trim());
  await close();
});

/** Spearman's ρ: the correlation of the ranks, those of equal values being their mean. */
function spearman(a, b) {
  const ranks = all => all.map(x => all.filter(y => y < x).length + (all.filter(y => y === x).length + 1) / 2);
  const [x, y] = [ranks(a), ranks(b)], mean = (a.length + 1) / 2, dot = (p, q) => sum(p.map((v, i) => (v - mean) * (q[i] - mean)));
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

test("methods stand side by side, and say how far they agree", async () => {
  const { page, close } = await open("methods", { hash: "tab=methods&hover=0:3&token=4" });
  const all = [0, 1, 2].map(k => held("methods", "tokens", k)), sizes = (k, row) => all[k].rows[row].map(Math.abs);
  const lines = () => page.locator("#saliency-strips tr").evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  for (const hand of [0, 2]) {
    await page.locator("#saliency-strips button").nth(hand).click();
    await settled(page);
    const found = await lines();
    for (const k of [0, 1, 2].filter(k => k !== hand)) {
      const rho = all[k].rows.map((_, row) => spearman(sizes(k, row), sizes(hand, row)));
      assert.ok(Math.abs(Number(found[k][2].replace("−", "-")) - rho[3]) < 0.0051, `${found[k]} ${rho[3]}`);
      assert.ok(Math.abs(Number(found[k][3].replace("−", "-")) - sum(rho) / rho.length) < 0.011, `${found[k]} ${rho}`);
    }
  }
  assert.match(await page.locator(".facts").textContent(), /occlusion|lime|shapley|kernel|integrated|gradient/);
  await page.locator(".menu summary").click();
  await page.locator("#saliency-method").selectOption({ index: 1 });
  assert.match(await said(page, "cell"), /^method: integrated-gradients /);
  // Across units and signs, sizes are compared as shares.
  await go(page, "hover=0:3&lock=1:2&token=4");
  const part = (k, row) => sizes(k, row)[4] / sum(sizes(k, row)), gap = part(0, 3) - part(1, 2);
  assert.match(await said(page, "cell"), new RegExp(`: [+−]${percent(Math.abs(gap)).replace(".", "\\.")} against`));
  assert.deepEqual(await axes(page), ["integrated-gradients", "gradient-x-input"]);
  await close();
});

test("search finds phrases across tokens, counts while typing, and steps", async () => {
  const { page, data, close } = await open("report");
  const text = data.records[0].texts.join("").toLowerCase();
  for (const query of ["Blue Origin", "synergies", "spacex", "qwxz"]) {
    const count = text.split(query.toLowerCase()).length - 1;
    await page.locator("#saliency-search").fill("");
    await page.locator("#saliency-search").pressSequentially(query);
    assert.equal(await said(page, "found"), count ? `${count} place${count > 1 ? "s" : ""}` : "not in the text");
    const marked = await page.locator("[data-hit]").evaluateAll(spans => spans.map(span => span.textContent).join(" ").toLowerCase());
    if (count) assert.equal(marked.replaceAll(" ", ""), Array(count).fill(query.toLowerCase().replaceAll(" ", "")).join(""), query);
  }
  await page.locator("#saliency-search").fill("Mars");
  const places = [...text.matchAll(/mars/g)].map(match => { let end = 0; return data.records[0].texts.findIndex(piece => (end += piece.length) > match.index); });
  const steps = [["Enter", 0], ["Enter", 1], ["Shift+Enter", 0], ["Shift+Enter", places.length - 1]];
  for (const [key, at] of steps) {
    await page.keyboard.press(key);
    assert.equal(await said(page, "found"), `${at + 1} of ${places.length}`);
    assert.match(await said(page, "cell"), new RegExp(` word ${run.starts[run.of[places[at]]]} “Mars”`));
    assert.ok(await page.locator("[data-hit=now]").evaluate(span => { const { top, bottom } = span.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }));
  }
  await page.locator("#saliency-next").click();
  assert.equal(await said(page, "found"), `1 of ${places.length}`);
  await page.locator("#saliency-previous").click();
  assert.equal(await said(page, "found"), `${places.length} of ${places.length}`);
  await page.keyboard.press("Escape");
  await page.locator("#saliency-search").press("Escape");
  assert.equal(await page.locator("[data-hit]").count(), 0);
  await close();
});

test("only the selection, or the sentence in hand, or that of a tick", async () => {
  const { page, data, close } = await open("report", { hash: "hover=12&token=60" });
  const sentences = held("run-30", "sentences"), group = sentences.of[60], [from, to] = [sentences.starts[group], sentences.starts[group + 1]];
  await page.locator(".menu summary").click();
  await page.locator("#saliency-only").click();
  await settled(page);
  const out = () => page.locator("#saliency-text [data-t]").evaluateAll(spans => spans.map((span, i) => span.classList.contains("out") ? -1 : i).filter(i => i >= 0));
  assert.deepEqual((await out()).filter(i => i < INPUTS), Array.from({ length: to - from }, (_, i) => from + i));
  const items = await page.locator("#saliency-ranked li").evaluateAll(items => items.map(item => +item.dataset.c));
  assert.ok(items.length && items.every(token => (token >= from && token < to) || token >= INPUTS), String(items));
  await page.waitForFunction(part => location.hash.includes("only=" + part), `${from}-${to}`);
  await page.locator("#saliency-whole").click();
  await settled(page);
  assert.equal((await out()).length, INPUTS + 30);
  await page.evaluate(() => { const spans = document.querySelectorAll("#saliency-text [data-t]"); getSelection().setBaseAndExtent(spans[20].firstChild, 0, spans[25].firstChild, 1); });
  await press(page, "#saliency-only");
  await settled(page);
  assert.deepEqual((await out()).filter(i => i < INPUTS), [20, 21, 22, 23, 24, 25]);
  // The rule above the heat map, at the column of token 100.
  const svg = page.locator(".map section:not([hidden]) svg"), section = page.locator(".map section:not([hidden])");
  const grid = data.figures[await section.getAttribute("data-figure")].parts.find(part => part.kind === "grid");
  const at = await svg.evaluate(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
  await svg.click({ position: { x: at * (grid.at[0] + (run.of[100] + 0.5) * grid.cell[0]), y: at * (grid.at[1] - 4) } });
  await settled(page);
  const of = sentences.of[100];
  assert.deepEqual((await out()).filter(i => i < INPUTS), run.of.map((_, i) => i).slice(sentences.starts[of], sentences.starts[of + 1]));
  await close();
});

test("link, table and picture go along", async () => {
  const { page, close } = await open("report", { hash: "hover=12&lock=4&pin=1&token=60" });
  await page.locator(".menu summary").click();
  await page.locator("#saliency-copy-link").click();
  assert.match(await said(page, "live"), /copied/);
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.ok(link === page.url() && link.endsWith("#tab=every&hover=12&pin=1&lock=4&token=60&unit=difference"), link);
  assert.match((await copied(page)).about, /method: .*\n# target: .*\n# output 12: may\n# minus output 4: and\n# unit: share of the row/);
  await page.locator("#saliency-copy-picture").click();
  await page.waitForFunction(() => /picture/.test(document.getElementById("saliency-live").textContent));
  assert.deepEqual(await page.evaluate(async () => (await navigator.clipboard.read()).flatMap(item => item.types)), ["image/png"]);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("#saliency-save").click()]);
  assert.equal(download.suggestedFilename(), "heat-map.svg");
  const svg = readFileSync(await download.path(), "utf8");
  assert.ok(svg.startsWith("<svg") && svg.includes(`<title>${difference(run, run.row(12), run.row(4))}</title>`) && svg.includes("“may” (output 12) minus “and” (output 4)</text>"), svg.slice(0, 400));
  assert.ok(!/<script|class=|data-live/.test(svg) && svg.includes("fainter below"));
  await close();
});

test("the address holds the view, and reopens it", async () => {
  const { page, close } = await open("report");
  await output(page, INPUTS, 12).click();
  await output(page, INPUTS, 20).click();
  await word(page, 60).click();
  for (const button of ["[data-grain=tokens]", "[data-tab=table]", "#saliency-as-scatter"]) await press(page, button);
  await page.locator(".menu summary").click();
  for (const [name, value] of [["theme", "dark"], ["clip", "0.9"], ["palette", "piyg"]]) await page.locator("#saliency-" + name).selectOption(value);
  await page.locator("#saliency-intensity").evaluate(slider => { slider.value = "2"; slider.dispatchEvent(new Event("input")); });
  await page.waitForFunction(() => /piyg.*/.test(location.hash) && location.hash.includes("intensity=4"));
  const view = async p => [await said(p), await sentence(p), await said(p, "ranking"), await said(p, "high"), await said(p, "legend-notes"), await colored(p), await p.locator("[role=tab][aria-selected=true]").textContent(),
    await p.locator("#saliency-scatter").isVisible(), await p.evaluate(() => document.documentElement.dataset.theme), await p.locator("#saliency-palette").inputValue(), await p.locator("#saliency-table").textContent()];
  const hash = new URL(page.url()).hash.slice(1), again = await open("report", { hash });
  assert.equal(hash, "tab=table&hover=12&pin=1&lock=20&token=60&unit=difference&grain=tokens&intensity=4&view=scatter&theme=dark&palette=piyg&clip=0.9");
  assert.deepEqual(await view(again.page), await view(page));
  await again.close();
  // What is wrong in an address is passed over.
  const wrong = await open("report", { hash: "tab=x&hover=99&lock=x&token=-1&theme=%3Cscript%3E&palette=none&clip=7&grain=letters&unit=miles&intensity=-3&only=9-2" });
  assert.equal(await sentence(wrong.page), share(run, run.row(3)));
  await wrong.close();
  await close();
});

test("colours follow theme, palette, clip and intensity", async () => {
  const { page, data, close } = await open("report", { colorScheme: "dark" });
  const row = run.row(3), check = (palette, theme, options) => { const strength = scale(run, run.shares, options); return painted(page, data, run, row, i => strength(run.shares[row][i]), palette, theme); };
  await check("purple", "dark");
  await page.locator(".menu summary").click();
  await page.locator("#saliency-theme").selectOption("light");
  await check("purple", "light");
  await page.locator("#saliency-palette").selectOption("viridis");
  await page.locator("#saliency-clip").selectOption("1");
  await settled(page);
  await check("viridis", "light", { clip: 1 });
  await page.locator("#saliency-intensity").focus();
  for (let i = 0; i < 4; i++) await page.keyboard.press("ArrowRight");
  await settled(page);
  await check("viridis", "light", { clip: 1, intensity: 4 });
  assert.match(await said(page, "legend-notes"), /an even share ÷ 4/);
  // Text on colour is never under 4.5 : 1.
  for (const theme of ["light", "dark"]) {
    await go(page, "hover=12&lock=4&theme=" + theme);
    const worst = await page.locator("#saliency-text [data-t]").evaluateAll(spans => Math.min(...spans.filter(span => getComputedStyle(span).backgroundColor !== "rgba(0, 0, 0, 0)").map(span => {
      const light = color => { const [r, g, b] = color.match(/\d+/g).map(k => { const c = k / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const { color, backgroundColor } = getComputedStyle(span), [a, b] = [light(color), light(backgroundColor)].sort((p, q) => q - p);
      return (a + 0.05) / (b + 0.05);
    })));
    assert.ok(worst >= 4.5, `${theme}: ${worst}`);
  }
  await close();
});

test("hostile records run nothing and ask for nothing", async () => {
  for (const name of ["hostile", "hostile-2", "hostile-charts"]) {
    const { page, data, close } = await open(name);
    for (const tab of data.figures.length && await page.locator("[data-tab]").evaluateAll(tabs => tabs.map(tab => tab.dataset.tab))) {
      await go(page, "tab=" + tab);
      for (const mode of ["share", "distance"]) {
        await press(page, `[data-mode=${mode}]`);
        for (const box of await page.locator(".chart:visible").all()) {
          await box.focus();
          for (const key of ["ArrowDown", "Enter", "ArrowRight", "ArrowUp", "]", "Home", "Escape"]) await page.keyboard.press(key);
        }
      }
    }
    for (const grain of ["tokens", "sentences", "words"]) await press(page, `[data-grain=${grain}]`);
    for (const id of ["as-scatter", "copy-table", "copy-picture", "every", "only"]) await press(page, "#saliency-" + id);
    await page.locator("#saliency-search").fill("<script>");
    await settled(page);
    assert.match(await said(page, "found"), /^\d+ place/);
    assert.equal(await page.evaluate(() => document.querySelectorAll("script").length), 2);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img,iframe,object,embed").length), 0);
    assert.ok((await page.locator("#saliency-text").textContent()).includes("</script><script>alert(1)</script>"));
    await close();
  }
});

test("an encoder's source and the answer are two texts; a record may have one output, or none", async () => {
  const { page, close } = await open("translated");
  assert.deepEqual(await page.locator("#saliency-text").evaluate(text => [...text.children].map(child => child.textContent.trim())), ["Source", "The house is small", "Answer", "Das Haus ist klein"]);
  await output(page, 5, 2).hover();
  assert.equal(await said(page), "“ist” (output 2)");
  await word(page, 1).hover();
  assert.match(await said(page, "cell"), /word 1 “house”: 25\u00a0% of the row, 1\.8× an even share/);
  await close();
  const single = await open("single");
  assert.equal(await sentence(single.page), "three drew most on two (67\u00a0%, 1.3× an even share, 1 word back) and One (33\u00a0%, 2 back).");
  assert.ok(await single.page.locator("#saliency-compare").isDisabled());
  await output(single.page, 2, 0).click();
  await single.page.keyboard.press("Escape");
  await press(single.page, "#saliency-as-scatter");
  await settled(single.page);
  await single.close();
  const empty = await open("empty");
  assert.equal(await sentence(empty.page), "The record holds no output.");
  assert.ok(await empty.page.locator("#saliency-compare").isDisabled());
  for (const button of ["[data-mode=distance]", "[data-grain=tokens]", "[data-tab=table]", "#saliency-as-scatter", "#saliency-copy-table"]) await press(empty.page, button);
  await word(empty.page, 1).click();
  await empty.page.keyboard.press("Escape");
  await settled(empty.page);
  await empty.close();
});

test("a sandboxed frame works", async () => {
  const { page, close } = await open("frame");
  const frame = page.frameLocator("iframe");
  await frame.locator(".map .chart:visible").focus();
  for (const key of ["ArrowDown", "Enter", "ArrowDown"]) await page.keyboard.press(key);
  await page.waitForTimeout(400);
  assert.match(await frame.locator("#saliency-ranking").textContent(), /^“operators” \(output 5\) minus /);
  await frame.locator(".menu summary").click();
  for (const id of ["copy-link", "copy-table", "keys", "close"]) await frame.locator("#saliency-" + id).click();
  await close();
});

// ---- what only some pages have ----

/** What a rule of "below:3x" keeps of a row, and what it hides: shares of less than three times an even one. */
const keeps = (record, row) => record.shares[row].map(x => x * record.shares[row].length >= 3);
const hiddenOf = (record, row) => sum(record.shares[row].filter((_, i) => !keeps(record, row)[i]));
/** The tokens that are shown as hidden. */
const dotted = page => page.locator("#saliency-text [data-t]").evaluateAll(spans => spans.flatMap((span, i) => span.classList.contains("hid") ? [i] : []));

test("a rule hides cells, says what it costs, and is switched off and on", async () => {
  const still = await open("ruled", { javaScriptEnabled: false }), { page, data, close } = await open("ruled", { hash: "hover=3" });
  const hidden = (record, row) => record.of.flatMap((g, token) => g < record.inputs + row && !keeps(record, row)[g] ? [token] : []);
  assert.deepEqual(await dotted(still.page), hidden(run, run.row(3)));
  await still.close();
  for (const grain of ["tokens", "words", "sentences"]) {
    const record = held("run-30", grain), rows = record.rows.map((_, row) => row), number = n => n.toLocaleString("en");
    const all = sum(rows.map(row => keeps(record, row).filter(x => x).length)), mean = sum(rows.map(row => hiddenOf(record, row))) / rows.length;
    // NumPy's, in `tests/rule.rs`.
    if (grain === "tokens") assert.deepEqual([all, record.cells, Math.abs(mean - 0.7419664668455305) < 1e-12], [259, 5955, true]);
    for (const out of [3, 20]) {
      await go(page, `hover=${out}&grain=${grain}`);
      const row = record.row(out), kept = keeps(record, row).filter(x => x).length;
      assert.deepEqual(await dotted(page), hidden(record, row), `${grain} ${out}`);
      assert.match(await said(page, "legend-notes"), new RegExp(`^shown: 3× an even share or more: ${kept} of ${record.shares[row].length} of this row, ${number(all)} of ${number(record.cells)} in all; `
        + `hidden \\(dotted\\): ${percent(hiddenOf(record, row))} of this row, ${percent(mean)} of a row in the mean · `));
      assert.equal(await said(page, "rule"), `Rule hides ${percent(hiddenOf(record, row))}`);
      // What is kept has its colour, on the scale of all.
      const strength = scale(record);
      (await colored(page)).forEach((color, token) => { if (keeps(record, row)[record.of[token]]) assert.ok(colors(data, strength(record.shares[row][record.of[token]])).includes(color), `${grain} ${token}`); });
      // Nothing is dropped from the numbers.
      const { rows: copies } = await copied(page);
      assert.equal(copies.length, record.shares[row].length);
      for (const { position, numbers } of copies) assert.ok(Math.abs(numbers[1] - record.shares[row][record.of[position]]) < 2e-4 * Math.max(...record.shares[row]));
    }
  }
  await go(page, "hover=3");
  const row = run.row(3), gone = keeps(run, row).indexOf(false), there = keeps(run, row).indexOf(true);
  await word(page, run.starts[gone]).hover();
  assert.match(await said(page, "cell"), /an even share, hidden by the rule\.$/);
  await word(page, run.starts[there]).hover();
  assert.match(await said(page, "cell"), /an even share\.$/);
  const listed = await page.locator("#saliency-ranked li").evaluateAll(items => items.map(item => +item.dataset.c));
  assert.deepEqual(listed.map(token => run.of[token]).sort((a, b) => a - b), keeps(run, row).flatMap((is, i) => is ? [i] : []));
  // The heat map's cells too: a pattern of their own.
  const number = await page.locator(".map section:visible").getAttribute("data-figure"), { cell } = data.figures[number].parts.find(part => part.kind === "grid");
  const at = column => page.locator(`[data-figure="${number}"] [data-name=rows] path[fill]`).evaluateAll((paths, [x, y]) => paths.find(path => path.isPointInFill(new DOMPoint(x, y)))?.getAttribute("fill"), [(column + 0.5) * cell[0], (row + 0.4) * cell[1]]);
  await go(page, "hover=3&clip=0.9");
  assert.match(await at(gone), /-hidden\)$/);
  assert.match(await at(there), /^#/);
  // Of a difference what either row keeps is shown.
  await go(page, "hover=3&lock=20");
  const other = run.row(20), either = i => keeps(run, row)[i] || (keeps(run, other)[i] ?? false);
  assert.deepEqual(await dotted(page), run.of.flatMap((g, token) => g < run.inputs + row && !either(g) ? [token] : []));
  // Off and on, by pointer and by key.
  await go(page, "hover=3");
  await page.locator("#saliency-rule").click();
  await settled(page);
  assert.deepEqual(await dotted(page), []);
  const strength = scale(run);
  await painted(page, data, run, row, i => strength(run.shares[row][i]));
  assert.doesNotMatch(await said(page, "legend-notes"), /hidden/);
  assert.equal(await page.locator("#saliency-rule").getAttribute("aria-pressed"), "false");
  await page.waitForFunction(() => location.hash.includes("rule=off"));
  await page.locator("#saliency-rule").focus();
  await page.keyboard.press("Enter");
  await settled(page);
  assert.deepEqual(await dotted(page), hidden(run, row));
  await close();
});

test("rows that have more to show expand by Shift-click and Enter", async () => {
  const { page, data, close } = await open("interesting-run", { hash: "hover=3" });
  const figure = page.locator("section[data-chart=interesting]"), svg = figure.locator("svg"), part = data.figures[await figure.getAttribute("data-figure")].parts.find(part => part.kind === "rows");
  const height = async () => { await settled(page); return svg.evaluate(svg => svg.viewBox.baseVal.height); }, first = await height();
  const texts = () => figure.locator("[data-name=whole] g").evaluateAll(groups => groups.map(group => [...group.querySelectorAll("text")].map(text => text.textContent.trim()).join("").replace(/\s/g, "")));
  const all = data.records[0].texts.join("").replace(/\s/g, ""), row = run.row(3);
  await figure.locator(".chart").focus();
  await page.keyboard.press("Enter");
  const open1 = await height();
  assert.ok(open1 > first + 100, `${first} ${open1}`);
  assert.deepEqual(await texts(), [all]);
  // In the colours of the row, also where the rule hides.
  const strength = scale(run), expected = new Set(["rgb(238, 238, 238)", ...run.shares[row].flatMap(x => colors(data, strength(x)).map(color => color.includes("a") ? "rgb(238, 238, 238)" : color))]);
  const fills = await figure.locator("[data-name=whole] g rect").evaluateAll(rects => rects.map(rect => getComputedStyle(rect).fill));
  assert.ok(fills.length > run.shares[row].length && fills.every(fill => expected.has(fill)), fills.filter(fill => !expected.has(fill)).join());
  assert.equal(await figure.locator("[data-name=row]").nth(row).locator("[data-name=chips]").getAttribute("display"), "none");
  /** A place in a row that lies after as many expanded ones. */
  const click = async (row, shift, key) => {
    const at = await svg.evaluate((svg, [x, y]) => { svg.scrollIntoView(); const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); if (p.y > innerHeight - 20 || p.y < 60) { scrollBy(0, p.y - 400); return [p.x, 400 + 0]; } return [p.x, p.y]; }, [part.at[0] + 200, part.at[1] + part.rows[row][1] + 6 + shift]);
    if (key) await page.keyboard.down("Shift");
    await page.mouse.click(...at);
    if (key) await page.keyboard.up("Shift");
    await settled(page);
  };
  const more = part.text[2] - part.rows[row][2];
  await click(6, more, true);
  assert.equal((await texts()).length, 2);
  assert.ok(await height() > open1 + 100);
  await page.waitForFunction(numbers => location.hash.includes("expand=" + numbers), [3, run.starts[run.inputs + 6] - INPUTS].join("-"));
  const again = await open("interesting-run", { hash: new URL(page.url()).hash.slice(1) });
  assert.equal(await again.page.locator("section[data-chart=interesting] svg").evaluate(svg => svg.viewBox.baseVal.height), await height());
  await again.close();
  // A click without Shift holds the output.
  await click(1, 0, false);
  assert.match(await said(page), new RegExp(`^“${run.names[run.inputs + 1]}”`));
  await click(6, more, true);
  await go(page, "hover=3&expand=3");
  await figure.locator(".chart").focus();
  await page.keyboard.press("Enter");
  assert.equal(await height(), first);
  assert.deepEqual(await texts(), []);
  await close();
});

/** The list under the text. */
const list = async page => { await settled(page); return page.locator("#saliency-ranked li").evaluateAll(items => items.map(item => [...item.children].map(child => child.textContent).filter(text => text))); };
const led = async page => { await settled(page); return page.locator("#saliency-continuation .led").evaluateAll(lines => lines.map(line => [line.textContent, [...line.querySelectorAll("del,ins")].map(mark => `${mark.tagName} ${mark.textContent}`).join()])); };

test("a word's replacements and where they lead, by pointer and by keys", async () => {
  const { page, close } = await open("replaced", { hash: "hover=0&view=replaced" });
  // At rest the word with the widest spread.
  assert.match(await said(page, "ranking"), /^“Mars” replaced: change of “SpaceX” \(output 0\)$/);
  await word(page, 1).hover();
  assert.match(await said(page, "ranking"), /^“first” replaced/);
  assert.deepEqual(await list(page), [["last", "−1.5 nats", "6.2\u00a0% likely"], ["(deleted)", "−0.5 nats"], ["only", "+0.25 nats", "12\u00a0% likely, continued"]]);
  await output(page, 6, 2).hover();
  assert.deepEqual((await list(page)).map(([text, change]) => [text, change]), [["only", "−0.5 nats"], ["(deleted)", "+1 nats"], ["last", "+3 nats"]]);
  await word(page, 4).hover();
  assert.equal(await said(page, "ranking"), "No replacement of this word was tried");
  assert.deepEqual(await page.locator("#saliency-text .rep").evaluateAll(spans => spans.map(span => span.textContent)), ["first", "Mars"]);
  // A click holds the word, whatever the pointer passes.
  await go(page, "hover=0&view=replaced");
  await word(page, 1).click();
  await word(page, 3).hover();
  assert.match(await said(page, "ranking"), /^“first” \(held\) replaced/);
  await page.locator("#saliency-ranked button", { hasText: "only" }).click();
  assert.deepEqual(await led(page), [["before: SpaceX and Boeing", "DEL and"], ["with “only” for “first”: SpaceX or Boeing", "INS or"]]);
  assert.equal(await page.locator("#saliency-ranked button[aria-pressed=true]").textContent(), "only");
  await page.locator("#saliency-ranked button", { hasText: "last" }).click();
  assert.match(await said(page, "continuation"), /^With “last” for “first” nothing was continued/);
  await page.waitForFunction(() => /view=replaced/.test(location.hash) && /held=1/.test(location.hash) && /with=1/.test(location.hash));
  const again = await open("replaced", { hash: new URL(page.url()).hash.slice(1) });
  assert.equal(await said(again.page, "continuation"), await said(page, "continuation"));
  await again.close();
  // The same by keys: to the word, held by w, then the buttons.
  await go(page, "hover=0&view=replaced");
  await page.locator(".map .chart").filter({ visible: true }).focus();
  for (const key of ["Home", "ArrowRight", "ArrowRight", "ArrowRight", "w", "ArrowLeft"]) await page.keyboard.press(key);
  assert.match(await said(page, "ranking"), /^“Mars” \(held\) replaced/);
  assert.deepEqual((await list(page)).map(([text, change]) => [text, change]), [["Venus", "−4 nats"], ["the Moon", "missing"]]);
  await page.locator("#saliency-ranked button").first().focus();
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Venus", "the focus stays");
  assert.deepEqual((await led(page)).map(([, marks]) => marks), ["DEL SpaceX", "INS NASA"]);
  await page.locator(".map .chart").filter({ visible: true }).focus();
  await page.keyboard.press("Escape");
  assert.match(await said(page, "ranking"), /^“to”|^No replacement/);
  await close();
  // A dot of the chart is the same thing.
  const chart = await open("replaced-chart", { hash: "hover=0" }), figure = chart.page.locator("section[data-chart=perturbation]");
  const part = chart.data.figures[await figure.getAttribute("data-figure")].parts.find(part => part.kind === "places"), dot = part.boxes.find(box => box[5] === "Venus");
  const at = await figure.locator("svg").evaluate((svg, [x, y]) => { svg.scrollIntoView({ block: "center" }); const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }, [part.at[0] + dot[1] + dot[3] / 2, part.at[1] + dot[2] + dot[4] / 2]);
  await chart.page.mouse.click(...at);
  await settled(chart.page);
  assert.deepEqual((await led(chart.page)).map(([, marks]) => marks), ["DEL SpaceX", "INS NASA"]);
  assert.equal(await figure.locator(".marks rect").count() > 0, true);
  await chart.close();
});

test("a word's pairs, their signs in words and lines, and a click that holds them", async () => {
  const [record] = JSON.parse(`[${readFileSync(new URL("../data/pairs.json", import.meta.url), "utf8").trim().replaceAll("\n", ",")}]`);
  const { page, close } = await open("pairs", { hash: "hover=0&view=pairs" }), pairs = record.interactions[0], texts = record.tokens.map(token => token.text.trim());
  const partners = i => pairs.filter(pair => pair.i !== pair.j && (pair.i === i || pair.j === i)).sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).map(pair => [pair.i === i ? pair.j : pair.i, pair.value]);
  const words = x => x > 0 ? "more than their sum" : "less than their sum";
  const [most] = pairs.filter(pair => pair.i !== pair.j).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const check = async (word, held) => {
    assert.match(await said(page, "ranking"), new RegExp(`· “${texts[word].replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}”${held ? " \\(held\\)" : ""}$`));
    const expected = partners(word), found = await list(page);
    assert.deepEqual(found.map(([name, , said]) => [name, said]), expected.slice(0, 15).map(([other, x]) => [texts[other], words(x)]));
    found.forEach(([, number], k) => assert.ok(number.endsWith(" nats") && Math.abs(Number(number.split(" ")[0].replace("−", "-")) - expected[k][1]) <= 0.051 * Math.abs(expected[k][1]) + 1e-4, `${number} ${expected[k]}`));
    for (const [name, is] of [["more", x => x > 0], ["less", x => x < 0]]) {
      const marked = await page.locator("#saliency-text [data-t]").evaluateAll((spans, name) => spans.flatMap((span, i) => span.classList.contains(name) ? [i] : []), name);
      assert.deepEqual(marked, expected.slice(0, 8).filter(([, x]) => is(x)).map(([other]) => other).sort((a, b) => a - b), name);
    }
  };
  // At rest the largest of all.
  assert.match((await list(page))[0].join(), new RegExp(`^${texts[most.i]} \\+ ${texts[most.j]}`));
  await word(page, most.j).hover();
  await check(most.j, false);
  await word(page, most.i).click();
  await word(page, most.j).hover();
  await check(most.i, true);
  await word(page, most.i).click();
  await word(page, most.j).hover();
  await check(most.j, false);
  await page.locator(".map .chart").filter({ visible: true }).focus();
  await page.keyboard.press("w");
  await page.keyboard.press("ArrowRight");
  await check(most.j, true);
  await close();
  // In the triangle a row is its word.
  const chart = await open("pairs-chart", { hash: "hover=0&view=pairs" }), figure = chart.page.locator("section[data-chart=interactions]"), svg = figure.locator("svg");
  const part = chart.data.figures[await figure.getAttribute("data-figure")].parts.find(part => part.kind === "places"), box = part.boxes.find(box => box[0] === most.j);
  const at = await svg.evaluate((svg, [x, y]) => { svg.scrollIntoView({ block: "center" }); const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }, [part.at[0] + 3, part.at[1] + box[2] + box[4] / 2]);
  await chart.page.mouse.move(...at);
  assert.match(await said(chart.page, "ranking"), new RegExp(`· “${texts[most.j]}”`));
  assert.equal(await figure.locator(".marks rect").count(), 2);
  await chart.close();
});

test("two words are compared by what they gave to every output; a dot of the map is its word", async () => {
  const { page, data, close } = await open("input-focused-run", { hash: "hover=3&view=columns" });
  await word(page, 20).click();
  assert.match(await said(page), /^“SpaceX” is held/);
  await word(page, 47).click();
  await word(page, 100).hover();
  const [a, b] = [run.of[20], run.of[47]], title = `“${run.names[a]}” minus “${run.names[b]}”, for every output`;
  const check = async () => {
    assert.equal(await said(page), title);
    const gap = row => run.shares[row][a] - run.shares[row][b], spelled = x => (x > 0 ? "+" : x < 0 ? "−" : "") + percent(Math.abs(x));
    assert.deepEqual(await list(page), run.rows.map((_, row) => [run.names[run.inputs + row], spelled(gap(row)), `${percent(run.shares[row][a])} ○ ${percent(run.shares[row][b])}`]));
    assert.equal(await said(page, "held"), `${run.rows.filter((_, row) => gap(row) > 0).length} of ${run.rows.length} took more from “${run.names[a]}”`);
  };
  await check();
  await page.waitForFunction(() => /held=20/.test(location.hash) && /against=47/.test(location.hash));
  // Released by Escape, and held again by the key.
  await page.locator(".chart:visible").first().focus();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.match(await said(page), /^Click two words/);
  await go(page, "hover=3&view=columns&token=20");
  await page.locator(".chart:visible").first().focus();
  await page.keyboard.press("w");
  await go(page, "hover=3&view=columns&held=20&token=47");
  await page.locator(".chart:visible").first().focus();
  await page.keyboard.press("w");
  await check();
  // The same by clicks in the chart.
  await go(page, "hover=3&view=columns");
  const figure = page.locator("section[data-chart=input-focused]"), part = data.figures[await figure.getAttribute("data-figure")].parts.find(part => part.kind === "places");
  for (const column of [a, b]) {
    const box = part.boxes.find(box => box[0] === column);
    const at = await figure.locator("svg").evaluate((svg, [x, y]) => { svg.scrollIntoView({ block: "center" }); const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }, [part.at[0] + box[1] + 8, part.at[1] + box[2] + 8]);
    await page.mouse.click(...at);
  }
  await check();
  assert.equal(await figure.locator(".marks rect").count() >= 2, true);
  await close();
  const map = await open("map-run", { hash: "hover=3" }), dots = map.page.locator("section[data-chart=map]");
  const places = map.data.figures[await dots.getAttribute("data-figure")].parts.find(part => part.kind === "places"), last = places.boxes.at(-1);
  const at = await dots.locator("svg").evaluate((svg, [x, y]) => { svg.scrollIntoView({ block: "center" }); const p = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM()); return [p.x, p.y]; }, [places.at[0] + last[1] + last[3] / 2, places.at[1] + last[2] + last[4] / 2]);
  await map.page.mouse.move(...at);
  await settled(map.page);
  assert.equal(await map.page.locator("#saliency-text .at").first().textContent(), map.data.records[0].texts[run.starts[last[0]]].trim());
  await word(map.page, run.starts[places.boxes[0][0]]).hover();
  await settled(map.page);
  assert.equal(await dots.locator(".marks rect").count(), 1);
  await map.close();
});

// ---- where it is read ----

test("three pages of paper hold text, heat map and the largest, in light", async () => {
  const { page, data, close } = await open("report", { colorScheme: "dark", hash: "hover=12&lock=4" });
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const gaps = differences(run, run.row(4)), strength = scale(run, gaps);
  await painted(page, data, run, run.row(12), i => strength(gaps[run.row(12)][i]), "puor", "light");
  assert.ok(await page.locator(".map svg").filter({ visible: true }).count() && await page.locator("#saliency-ranked li").filter({ visible: true }).count() === 10);
  for (const hidden of ["#saliency-outputs", ".group", "[role=tablist]"]) {
    assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  }
  assert.ok(await page.locator(".legend").first().isVisible(), "paper says what colours mean");
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await settled(page);
  const pages = async () => (await page.pdf({ format: "A4" })).toString("latin1").match(/\/Type\s*\/Page\b/g).length;
  assert.ok(await pages() <= 3, `${await pages()} pages`);
  await page.emulateMedia({ media: "screen" });
  await settled(page);
  await painted(page, data, run, run.row(12), i => strength(gaps[run.row(12)][i]), "puor", "dark");
  await close();
});

test("nothing scrolls sideways at 320 px, at 400 %, with reduced motion", async () => {
  for (const name of ["report", "runs", "methods", "charts", "excerpt"]) {
    const { page, close } = await open(name, { reducedMotion: "reduce", viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 });
    for (const tab of await page.locator("[data-tab]").evaluateAll(tabs => tabs.map(tab => tab.dataset.tab))) {
      await go(page, `hover=1&lock=0&tab=${tab}`);
      assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
      const wide = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide[0] <= wide[1], `${name}, ${tab}: ${wide}`);
    }
    await close();
  }
});

test("text can be selected and found, in forced colours too", async () => {
  const { page, data, close } = await open("report", { forcedColors: "active" });
  assert.ok(await page.evaluate(() => window.find("Blue Origin")));
  assert.equal(await page.evaluate(() => getSelection().toString()), "Blue Origin");
  // Dragging over outputs chooses none of them.
  const before = await sentence(page), [from, to] = [await output(page, INPUTS, 3).boundingBox(), await output(page, INPUTS, 11).boundingBox()];
  await page.mouse.move(from.x + 3, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(to.x + 10, to.y + 8, { steps: 4 });
  await page.mouse.up();
  assert.match(await page.evaluate(() => getSelection().toString()), /and operators/);
  await page.mouse.click(5, 5);
  assert.doesNotMatch(await said(page), /minus/);
  await go(page, "hover=3");
  assert.equal(await sentence(page), before);
  const strength = scale(run);
  await painted(page, data, run, run.row(3), i => strength(run.shares[run.row(3)][i]));
  assert.ok(await page.locator(".map svg").filter({ visible: true }).count());
  await close();
});

test("axe finds nothing, in both themes, at three widths, at rest and locked", async () => {
  for (const name of ["report", "runs", "methods", "ruled", "replaced", "pairs", "input-focused-run", "interesting-run"]) {
    // axe itself is no script of the page's, hence without its policy.
    const { page, data, close } = await open(name, { bypassCSP: true });
    await page.evaluate(axe);
    const tabs = await page.locator("[data-tab]").evaluateAll(tabs => tabs.map(tab => tab.dataset.tab)), last = data.records[0].scales.length - 1, view = data.views[0] ? `&view=${data.views[0]}&token=1&held=1&with=0` : "";
    const lock = data.records.length > 1 ? "hover=1:1&lock=0:0" : last ? `hover=1&lock=0&expand=1${view}` : "hover=0" + view;
    let k = 0;
    for (const width of [1280, 800, 360]) {
      await page.setViewportSize({ width, height: 900 });
      for (const theme of ["light", "dark"]) {
        const hash = `${(width === 800) === (theme === "dark") ? "" : lock}&tab=${tabs[k++ % tabs.length]}&theme=${theme}${k % 3 ? "" : "&view=scatter"}`;
        await go(page, hash);
        const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).join(" | ")}`), [], `${name} ${width} ${hash}`);
      }
    }
    await close();
  }
});

// ---- pictures ----

/** The parts that the script draws: their texts, by part. Where tokens are boxes, runs of text end elsewhere. */
const texts = (root, kinds) => [...root.querySelectorAll("[data-live]")].map((group, i) => {
  const all = [...group.querySelectorAll("text")].map(text => text.textContent.replaceAll("\u00a0", " "));
  return kinds[i] === "tokens" ? all.join("").replaceAll(" ", "") : all.sort();
});
/** How many of a picture's pixels differ from another's: frames of the state are left out. */
const unlike = async ([one, other]) => {
  const pixels = async svg => {
    const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, image = new Image();
    for (const mark of root.querySelectorAll(".marks, [data-name=marks], rect[fill=none], svg > g:not([data-live]), svg > text, svg > path")) mark.remove();
    // Dots begin at a group's corner, which is another one.
    for (const hidden of root.querySelectorAll("[fill$='-hidden)']")) hidden.setAttribute("fill", "#888888");
    const [width, height] = ["width", "height"].map(side => Math.floor(root.viewBox.baseVal[side]));
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) root.setAttribute(name, value);
    root.setAttribute("shape-rendering", "crispEdges");
    image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(root));
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  };
  const [a, b] = [await pixels(one), await pixels(other)], [width, height] = [Math.min(a.width, b.width), Math.min(a.height, b.height)];
  const near = (x, y, u, v) => [0, 1, 2].every(k => Math.abs(a.data[4 * (y * a.width + x) + k] - b.data[4 * (v * b.width + u) + k]) < 24);
  let n = 0;
  // Edges lie between pixels: one like it may be the one beside it.
  for (let y = 1; y < height - 1; y++) for (let x = 1; x < width - 1; x++) n += !near(x, y, x, y) && ![-1, 0, 1].some(u => [-1, 0, 1].some(v => near(x, y, x + u, y + v)));
  return n / (width * height);
};

test("the script draws what Rust draws, for every chart and the heat map", async t => {
  const blank = await (await browser.newContext()).newPage();
  const states = { rest: "hover=3", hovered: "hover=12&token=60", locked: "hover=12&lock=4&token=60", across: "hover=1:6&lock=0:3" };
  /** A page, a chart on it, a state and a theme, and the picture of that. */
  const pictures = {};
  for (const picture of [
    ...readdirSync(PAGES).map(name => /^(([a-z-]+)-(?:run|runs|methods))-(\w+)-(light|dark)\.svg$/.exec(name)).filter(Boolean)
      .map(([file, page, chart, state, theme]) => ({ page, chart, state, theme, svg: readFileSync(`${PAGES}/${file}`, "utf8") })),
    ...[["report", "rest"], ["report", "hovered"], ["report", "locked"], ["ruled", "rest"]].map(([page, state]) => ({ page, chart: "heat-map", state, theme: "light",
      svg: /data-chart="heat-map"[^>]*by words"[^]*?(<svg[^]*?<\/svg>)/.exec(readFileSync(`${PAGES}/${page === "ruled" ? page : `report-${state}`}.html`, "utf8"))[1] })),
  ]) if (picture.svg.includes("data-live")) (pictures[picture.page] ??= []).push(picture);
  assert.ok(Object.keys(pictures).length >= 9, Object.keys(pictures).join());
  for (const [name, all] of Object.entries(pictures)) {
    const { page, data, close } = await open(name);
    const figure = page.locator(`section[data-chart="${all[0].chart}"]:not([hidden]):not(#saliency-scatter section)`);
    await figure.scrollIntoViewIfNeeded();
    // Away first, so that nothing stays as it came.
    await go(page, "theme=dark&clip=0.9");
    for (const { chart, state, theme, svg } of all) {
      await t.test(`${name}, ${chart}, ${state}, ${theme}`, async () => {
        await go(page, `${states[state]}&theme=${theme}`);
        await settled(page);
        const drawn = await figure.locator("svg").evaluate(svg => new XMLSerializer().serializeToString(svg));
        const kinds = data.figures[await figure.getAttribute("data-figure")].parts.map(part => part.kind);
        const parsed = svg => blank.evaluate(([svg, kinds, texts]) => new Function("return " + texts)()(new DOMParser().parseFromString(svg, "image/svg+xml"), kinds), [svg, kinds, String(texts)]);
        assert.deepEqual(await parsed(drawn), await parsed(svg));
        const part = await blank.evaluate(unlike, [drawn, svg]);
        assert.ok(part < 0.006, `${(100 * part).toFixed(2)} % of the pixels differ`);
      });
    }
    await close();
  }
  await blank.context().close();
});
