// The page in a browser: every interaction by pointer, keyboard and touch, against the record's own numbers.
// `cargo xtask page` draws the pages and runs this: node --test page.test.mjs, with CHROME, PAGES and RECORDS set.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { createRequire } from "node:module";
const require = createRequire(process.env.MODULES + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const { CHROME, PAGES, RECORDS } = process.env;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
let browser;
before(async () => { browser = await chromium.launch({ executablePath: CHROME, args: FLAGS }); });
after(async () => { await browser?.close(); });

/** The notebook's record: rows of attributions over tokens. */
const run = JSON.parse(readFileSync(`${RECORDS}/run-30.json`, "utf8"));
const rowsOf = record => record.attributions ?? record.rows ?? record;

/** A page, with everything it says or asks for. */
async function open(name, { hash = "", ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1700, height: 1000 }, ...options });
  const page = await context.newPage();
  const said = [];
  page.on("console", message => said.push(`console: ${message.text()}`));
  page.on("pageerror", error => said.push(`error: ${error.message}`));
  page.on("dialog", dialog => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", request => { if (!/^(file|data|blob):/.test(request.url())) said.push(`request: ${request.url()}`); });
  await page.goto(`file://${PAGES}/${name}.html${hash && "#" + hash}`);
  if (options.javaScriptEnabled !== false) await page.waitForSelector("html.live");
  return { page, said, data: await held(page), close: async () => { assert.deepEqual(said, []); await context.close(); } };
}
const held = page => page.locator("#saliency-data").textContent().then(JSON.parse);
/** What stands beside a chart follows when the pointer rests for 60 ms. */
const settled = page => page.evaluate(() => new Promise(done => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done), 120))));
const readout = async page => { await settled(page); return page.locator("#saliency-readout").textContent(); };

/** The place in the window of a point of a figure's part. */
async function place(page, data, figure, kind, [x, y], which = 0) {
  const part = data.figures[figure].parts.filter(part => part.kind === kind)[which];
  const svg = page.locator(`[data-figure="${figure}"] svg`);
  await svg.scrollIntoViewIfNeeded();
  return svg.evaluate((svg, [x, y]) => {
    const point = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    if (point.y < 60 || point.y > innerHeight - 60) scrollBy(0, point.y - innerHeight / 2);
    const now = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
    return [now.x, now.y];
  }, [part.at[0] + x, part.at[1] + y]);
}
/** The middle of a cell of a heatmap. */
const cell = (data, figure, row, token) => {
  const grid = data.figures[figure].parts.find(part => part.kind === "grid"), record = data.records[data.figures[figure].records[grid.panel]];
  const along = (token + 0.5) * grid.cell[0] + (token >= record.inputs ? grid.gap : 0), across = (row + 0.5) * grid.cell[1];
  return grid.turned ? [across, along] : [along, across];
};

/** The record's values, from its own file. */
const values = (row, token) => rowsOf(run)[row][token];
const quantile = (all, share) => {
  const sorted = all.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(Math.max(Math.ceil(sorted.length * share), 1), sorted.length) - 1];
};
/** The colours that a value may have: its level's, and at a rounding's edge its neighbour's. */
function colors(data, palette, theme, value, end, diverging) {
  const levels = Buffer.from(data.palettes[palette][theme], "base64").toString("hex").match(/.{6}/g);
  const level = Math.max(-1, Math.min(1, value / end)) * 31 + (diverging ? 31 : 0);
  return [Math.round(level - 0.01), Math.round(level + 0.01)].map(k => "#" + levels[Math.max(0, Math.min(levels.length - 1, k))]);
}
/** Every token's colour in the paragraph, by its pixels. */
const painted = (page, figure, data) => page.locator(`[data-figure="${figure}"] [data-name="paragraph"]`).first().evaluate((group, boxes) => {
  const { canvas } = group, ratio = devicePixelRatio;
  const context = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(canvas, 0, 0);
  const pixel = (x, y) => "#" + [...context.getImageData(Math.floor(x * ratio), Math.floor(y * ratio), 1, 1).data].slice(0, 3).map(c => c.toString(16).padStart(2, "0")).join("");
  return { fills: boxes.map(([, x, y, w]) => pixel(x + w / 2, y + 0.5)), inks: group.painted.inks };
}, boxes(data, figure));
const boxes = (data, figure) => data.figures[figure].parts.find(part => part.kind === "tokens" && part.area).boxes;

test("hovering a row colours the paragraph by the record's own numbers", async () => {
  const { page, data, close } = await open("tall-heatmap");
  const end = quantile(rowsOf(run).flat(), 0.99);
  for (const row of [12, 29, 0]) {
    await page.mouse.move(...await place(page, data, 0, "grid", cell(data, 0, row, 60)));
    assert.match(await readout(page), new RegExp(`^Output ${row} `));
    const { fills } = await painted(page, 0, data);
    boxes(data, 0).forEach(([token], k) => {
      if (token === 60) return; // It has the frame of the token under the pointer.
      const expected = colors(data, "ylgnbu", "light", values(row, token), end, false);
      assert.ok(expected.includes(fills[k]), `row ${row}, token ${token}: ${fills[k]} is not ${expected}`);
    });
  }
  await close();
});

test("a click locks, the others become differences, and a click releases", async () => {
  const { page, data, close } = await open("tall-heatmap");
  await page.mouse.click(...await place(page, data, 0, "grid", cell(data, 0, 4, 60)));
  await page.mouse.move(...await place(page, data, 0, "grid", cell(data, 0, 12, 61)));
  const said = await readout(page);
  const spelled = x => { const s = Math.abs(x) >= 0.001 ? x.toPrecision(3) : x.toExponential(2); return s; };
  assert.match(said, /^Output 12 .*; locked .*\(output 4\).*; difference /);
  for (const number of [values(12, 61), values(4, 61)]) assert.ok(said.includes(String(Number(spelled(number)))), `${number} in ${said}`);
  const differences = rowsOf(run).flatMap((row, r) => row.map((x, t) => t < 184 + 4 ? x - values(4, t) : null)).filter(x => x !== null);
  const end = quantile(differences, 0.99);
  const { fills } = await painted(page, 0, data);
  boxes(data, 0).forEach(([token], k) => {
    if (token === 61) return; // It has the frame of the token under the pointer.
    const expected = colors(data, "piyg", "light", values(12, token) - values(4, token), end, true);
    assert.ok(expected.includes(fills[k]), `token ${token}: ${fills[k]} is not ${expected}`);
  });
  const scatter = page.locator("[data-name=pair] .dots");
  assert.equal((await scatter.evaluateAll(dots => dots.map(dot => dot.getAttribute("d").split("M").length - 1))).reduce((a, b) => a + b), 184 + 12);
  assert.match(await page.locator("[data-name=legend] text").first().textContent(), /^Every output compared with/);
  await page.mouse.click(...await place(page, data, 0, "grid", cell(data, 0, 4, 60)));
  assert.doesNotMatch(await readout(page), /locked/);
  await close();
});

test("the bars of a locked heatmap have the colours of their differences", async () => {
  const { page, data, close } = await open("tall-heatmap", { hash: "lock=4" });
  const differences = rowsOf(run).flatMap((row, r) => row.map((x, t) => t < 184 + 4 ? x - values(4, t) : null)).filter(x => x !== null);
  const end = quantile(differences, 0.99);
  await settled(page);
  const found = await page.locator("[data-name=rows] path").evaluateAll((paths, points) => points.map(([x, y]) =>
    paths.find(path => path.getAttribute("fill") && path.isPointInFill(new DOMPoint(x, y)))?.getAttribute("fill")),
  [0, 7, 12, 29].flatMap(row => [0, 50, 183].map(token => cell(data, 0, row, token))));
  [0, 7, 12, 29].flatMap(row => [0, 50, 183].map(token => [row, token])).forEach(([row, token], k) => {
    const expected = colors(data, "piyg", "light", values(row, token) - values(4, token), end, true);
    assert.ok(expected.includes(found[k]), `row ${row}, token ${token}: ${found[k]} is not ${expected}`);
  });
  await close();
});

test("every key does what the help says", async () => {
  const { page, close } = await open("tall-heatmap");
  const state = () => readout(page);
  await page.keyboard.press("Tab");
  for (let i = 0; i < 12 && !await page.evaluate(() => document.activeElement.className === "chart"); i++) await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "chart");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.notEqual(outline, "none");
  for (const [key, expected] of [
    ["ArrowDown", /^Output 1 /], ["ArrowDown", /^Output 2 /], ["ArrowUp", /^Output 1 /], ["PageDown", /^Output 11 /],
    ["PageUp", /^Output 1 /], ["ArrowRight", /^Output 1 .*token 0 /], ["ArrowRight", /token 1 /], ["ArrowLeft", /token 0 /],
    ["End", /token 184 /], ["Home", /token 0 /], ["Enter", /locked .*\(output 1\)/], ["ArrowDown", /^Output 2 .*locked .*\(output 1\).*difference/],
    ["Escape", /^Output 2 .*token 0 [^l]*$/], ["Escape", /^Output 2 “[^”]*”\.$/],
  ]) {
    await page.keyboard.press(key);
    assert.match(await state(), expected, key);
    assert.match(await page.locator("#saliency-live").textContent(), expected, `${key}, aloud`);
  }
  // No trap: the next element takes the focus.
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.className), "chart");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog").evaluate(dialog => dialog.open));
  await page.keyboard.press("Escape");
  assert.ok(!await page.locator("dialog").evaluate(dialog => dialog.open));
  await page.locator("#saliency-keys").click();
  await page.locator("#saliency-close").click();
  assert.ok(!await page.locator("dialog").evaluate(dialog => dialog.open));
  await close();
});

test("a finger's first tap hovers, its second locks, at 360 px", async () => {
  const { page, data, close } = await open("tall-heatmap", { viewport: { width: 360, height: 740 }, hasTouch: true });
  const box = page.locator(".chart");
  await box.evaluate(box => { box.scrollLeft = 640; });
  const at = await place(page, data, 0, "grid", cell(data, 0, 6, 20));
  await page.touchscreen.tap(...at);
  assert.match(await readout(page), /^Output 6 .*token 20 /);
  assert.doesNotMatch(await readout(page), /locked/);
  await page.touchscreen.tap(...at);
  assert.match(await readout(page), /locked .*\(output 6\)/);
  // Nothing makes the page itself wider than the window.
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  // The current cell's words stand in the window wherever it is scrolled to.
  const { y, height } = await page.locator("#saliency-readout").boundingBox();
  assert.ok(y >= 0 && y + height <= 740, `${y} ${height}`);
  await close();
});

test("a lock in one panel compares with rows in all others", async () => {
  const { page, data, close } = await open("tall-multiple-3", { hash: "hover=1:8&lock=0:5&token=60" });
  const said = await readout(page);
  assert.match(said, /^continuation 1\. Output 8 .*token 60 .*locked .*\(output 5\).*difference/);
  // The other continuation's own outputs have no counterpart.
  const labels = page.locator("[data-name=labels]").nth(1);
  const fills = await labels.evaluate(group => group.nodes.boxes.slice(0, 8).map(box => box.getAttribute("fill")));
  assert.deepEqual([...new Set(fills)], [data.themes.light.apart]);
  await page.locator(".chart").focus();
  await page.keyboard.press("]");
  assert.match(await readout(page), /^continuation 2\. Output 8 /);
  await page.locator("#saliency-record").selectOption({ index: 0 });
  assert.match(await readout(page), /^continuation 0\. /);
  await close();
});

test("a lock across units and signs compares sizes as shares of the row", async () => {
  const records = readFileSync(`${RECORDS}/methods.jsonl`, "utf8").trim().split("\n").map(line => JSON.parse(line));
  const share = (k, row, token) => {
    const sizes = rowsOf(records[k])[row].map(Math.abs);
    return sizes[token] / sizes.reduce((a, b) => a + b);
  };
  const { page, close } = await open("methods", { hash: "hover=0:3&lock=1:2&token=4" });
  const said = await readout(page);
  const numbers = said.match(/: ([−\d.e]+) as a share .*integrated-gradients.*: ([−\d.e]+); difference ([−\d.e]+)\./)?.slice(1);
  assert.ok(numbers, said);
  const expected = [share(0, 3, 4), share(1, 2, 4), share(0, 3, 4) - share(1, 2, 4)];
  numbers.forEach((number, i) => assert.ok(Math.abs(Number(number.replace("−", "-")) - expected[i]) < 1e-3, `${said} ${expected}`));
  // Both legends of the heat maps beside each other say it; the locked record's own panel does not.
  const legend = page.locator('[data-chart="tall-multiple"] [data-name=legend]');
  await page.locator('[data-chart="tall-multiple"]').scrollIntoViewIfNeeded();
  await settled(page);
  assert.match(await legend.nth(0).textContent(), /panels 0, 2: sizes as shares of the row/);
  assert.match(await legend.nth(1).textContent(), /panel 1: shares of the row, with a sign/);
  await close();
});

test("charts on one page are linked, and switches change method and record", async () => {
  const { page, data, close } = await open("methods");
  const visible = () => page.locator("section:visible").count();
  const several = data.figures.filter(figure => !figure.switched).length;
  const single = data.figures.filter(figure => figure.switched).length / 3;
  assert.equal(await visible(), several + single);
  assert.equal(await page.locator("#saliency-method option").count(), 3);
  await page.locator("#saliency-method").selectOption({ index: 1 });
  assert.equal(await visible(), several + single);
  assert.match(await readout(page), /integrated-gradients/);
  const grid = data.figures.findIndex(figure => figure.switched && figure.records[0] === 1 && figure.parts.some(part => part.kind === "grid"));
  await page.mouse.click(...await place(page, data, grid, "grid", cell(data, grid, 1, 2)));
  await settled(page);
  const thumbnails = data.figures.findIndex(figure => figure.switched && figure.records[0] === 1 && figure.parts.some(part => part.kind === "thumbnails"));
  await page.locator(`[data-figure="${thumbnails}"]`).scrollIntoViewIfNeeded();
  await settled(page);
  assert.match(await page.locator(`[data-figure="${thumbnails}"] [data-name=legend] text`).first().textContent(), /compared with .*\(output 1\)/);
  await close();
});

test("search, table, copy, and the saved picture", async () => {
  const { page, close } = await open("tall-heatmap", { permissions: ["clipboard-read", "clipboard-write"], acceptDownloads: true });
  await page.keyboard.press("/");
  await page.keyboard.type("spacex");
  await page.keyboard.press("Enter");
  assert.match(await readout(page), /token \d+ “SpaceX”/);
  const first = await readout(page);
  assert.match(await page.locator("#saliency-found").textContent(), /^1 of \d+$/);
  await page.keyboard.press("Enter");
  assert.notEqual(await readout(page), first);
  await page.keyboard.press("Shift+Enter");
  assert.equal(await readout(page), first);
  // The table is the row's, the largest first.
  const cells = await page.locator("#saliency-table tbody tr").evaluateAll(rows => rows.map(row => [...row.cells].map(cell => cell.textContent)));
  const ranked = rowsOf(run)[0].map((x, token) => [token, x]).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  assert.deepEqual(cells.map(([token]) => +token), ranked.slice(0, 12).map(([token]) => token));
  await page.locator("#saliency-copy").click();
  const copied = (await page.evaluate(() => navigator.clipboard.readText())).trim().split("\n").map(line => line.split("\t"));
  assert.deepEqual(copied[0], ["position", "token", "value"]);
  assert.equal(copied.length, 1 + 184);
  copied.slice(1).forEach(([token, , value], k) => {
    assert.ok(Math.abs(+value - values(0, +token)) <= 1e-4 * ranked[0][1], `${k}: ${token} ${value}`);
  });
  await page.locator("#saliency-all").click();
  await settled(page);
  assert.equal(await page.locator("#saliency-table tbody tr").count(), 184);
  await page.goto(page.url().split("#")[0] + "#hover=12&lock=4");
  await settled(page);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator(".save").click()]);
  assert.equal(download.suggestedFilename(), "tall-heatmap.svg");
  const svg = readFileSync(await download.path(), "utf8");
  assert.ok(svg.startsWith("<svg") && svg.includes("<title>Output 12 ") && svg.includes("Every output compared with"));
  assert.ok(!svg.includes("<script") && !svg.includes("class="));
  assert.ok(svg.includes(">manufacturers</text>") && svg.split("<rect").length > 184);
  await close();
});

test("the address holds the view, and reopens it", async () => {
  const { page, data, close } = await open("tall-heatmap");
  await page.locator(".chart").focus();
  for (const key of ["ArrowDown", "ArrowDown", "Enter", "ArrowDown", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  await page.locator("#saliency-theme").selectOption("dark");
  await page.locator("#saliency-clip").selectOption("0.9");
  await page.locator("#saliency-palette").selectOption("puor");
  const said = await readout(page);
  await page.waitForFunction(() => location.hash.includes("puor"));
  const hash = new URL(page.url()).hash.slice(1);
  const again = await open("tall-heatmap", { hash });
  assert.equal(await readout(again.page), said);
  assert.equal(await again.page.locator("#saliency-palette").inputValue(), "puor");
  assert.equal(await again.page.evaluate(() => document.documentElement.dataset.theme), "dark");
  const of = async p => JSON.stringify(await painted(p, 0, data));
  assert.equal(await of(page), await of(again.page));
  await again.close();
  // What is wrong in an address is passed over.
  const wrong = await open("tall-heatmap", { hash: "hover=99&lock=x&token=-1&theme=%3Cscript%3E&palette=none&clip=7" });
  assert.match(await readout(wrong.page), /^Output 0 “[^”]*”\.$/);
  await wrong.close();
  await close();
});

test("colours follow theme, palette and clip", async () => {
  const { page, data, close } = await open("highlight", { colorScheme: "dark" });
  const check = async (palette, theme, clip) => {
    await settled(page);
    const end = quantile(rowsOf(run).flat(), clip), { fills, inks } = await painted(page, 0, data);
    data.figures[0].parts.find(part => part.area).boxes.forEach(([token], k) => {
      if (token >= 184) return;
      assert.ok(colors(data, palette, theme, values(0, token), end, false).includes(fills[k]), `${palette} ${theme} ${clip} ${token}`);
    });
    const ground = await page.locator("svg > rect").first().getAttribute("fill");
    assert.equal(ground, data.themes[theme].ground);
    assert.ok(inks.length > 100);
  };
  await check("viridis", "dark", 0.99);
  await page.locator("#saliency-theme").selectOption("light");
  await check("ylgnbu", "light", 0.99);
  await page.locator("#saliency-palette").selectOption("plasma");
  await page.locator("#saliency-clip").selectOption("1");
  await check("plasma", "light", 1);
  await close();
});

test("text on colour is never under 4.5 : 1", async () => {
  const { page, data, close } = await open("highlight", { hash: "hover=12&lock=4&theme=dark" });
  await settled(page);
  const part = data.figures[0].parts.find(part => part.area);
  const worst = await page.locator("[data-name=paragraph]").evaluate((group, part) => {
    const light = color => {
      const [r, g, b] = [1, 3, 5].map(k => { const c = parseInt(color.slice(k, k + 2), 16) / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const { fills, inks } = group.painted;
    return Math.min(...part.texts.map(([token], i) => {
      const fill = fills[part.boxes.findIndex(([own]) => own === token)];
      const [a, b] = [light(fill === "none" ? part.panel : fill), light(inks[i])].sort((p, q) => q - p);
      return (a + 0.05) / (b + 0.05);
    }));
  }, { ...part, panel: data.themes.dark.panel });
  assert.ok(worst >= 4.5, String(worst));
  await close();
});

test("without script the charts are there, readable", async () => {
  const { page, close } = await open("all", { javaScriptEnabled: false });
  const sections = await page.locator("section").count();
  assert.ok(sections >= 7);
  assert.equal(await page.locator("section:visible svg:visible").count(), sections);
  for (const hidden of [".tools", "aside", ".save"]) assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
  await close();
});

test("hostile records run nothing and ask for nothing", async () => {
  for (const name of ["hostile", "hostile-2"]) {
    const { page, data, close } = await open(name);
    for (const key of ["ArrowDown", "Enter", "ArrowRight", "ArrowUp", "]", "Home", "Escape"]) {
      for (const box of await page.locator(".chart:visible").all()) {
        await box.focus();
        await page.keyboard.press(key);
      }
    }
    await page.locator("#saliency-all").click();
    await settled(page);
    assert.equal(await page.evaluate(() => document.querySelectorAll("script").length), 2);
    assert.equal(await page.evaluate(() => document.querySelectorAll("img,iframe,object,embed").length), 0);
    assert.ok(data.records[0].labels.some(label => label.includes("<script>")));
    await close();
  }
});

test("a sandboxed frame works", async () => {
  const { page, close } = await open("frame");
  const frame = page.frameLocator("iframe");
  await frame.locator(".chart").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.waitForTimeout(400);
  assert.match(await frame.locator("#saliency-readout").textContent(), /^Output 2 .*compared with .*\(output 1\)/);
  await frame.locator("#saliency-keys").click();
  await frame.locator("#saliency-close").click();
  await frame.locator("#saliency-copy").click();
  await close();
});

test("printing gives the current state, in light", async () => {
  const { page, data, close } = await open("tall-heatmap", { colorScheme: "dark", hash: "hover=12&lock=4" });
  await settled(page);
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  assert.equal(await page.locator("svg > rect").first().getAttribute("fill"), data.themes.light.ground);
  assert.match(await page.locator("[data-name=legend] text").first().textContent(), /compared with/);
  assert.equal(await page.locator(".tools").isVisible(), false);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await settled(page);
  assert.equal(await page.locator("svg > rect").first().getAttribute("fill"), data.themes.dark.ground);
  assert.ok((await page.pdf()).length > 10_000);
  await close();
});

test("nothing moves, and 400 % fits", async () => {
  const { page, close } = await open("tall-heatmap", { reducedMotion: "reduce", viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 });
  await page.locator(".chart").focus();
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await close();
});

test("axe finds nothing, in both themes, at rest and locked", async () => {
  for (const name of ["tall-heatmap", "methods", "tokens", "highlight"]) {
    for (const hash of ["theme=light", "theme=dark", "hover=1&lock=0&theme=dark", "hover=1&lock=0&theme=light"]) {
      // axe itself is no script of the page's, hence without its policy.
      const { page, close } = await open(name, { hash, bypassCSP: true });
      await settled(page);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map(v => `${v.id}: ${v.nodes.map(n => n.html.slice(0, 120)).join(" | ")}`), [], `${name} ${hash}`);
      await close();
    }
  }
});

/** The texts of every group that the script redraws, by the group's kind and place. A paragraph is painted on a canvas
 * and the table is one of HTML: they hold no texts to compare. Where tokens are boxes, runs of text end elsewhere. */
const redrawn = (page, data) => page.locator("[data-figure] svg [data-live]").evaluateAll((groups, parts) =>
  groups.flatMap((group, i) => {
    const { kind, area } = parts[i];
    if (area || kind === "table") return [];
    const texts = [...group.querySelectorAll("text")].map(text => text.textContent.replaceAll("\u00a0", " "));
    return [[`${kind} ${i}`, kind === "tokens" ? texts.join("").replaceAll(" ", "") : texts.sort()]];
  }), data.figures[0].parts);

test("the script draws the texts that the picture had", async t => {
  const pages = readdirSync(PAGES).filter(name => name.startsWith("same-")).map(name => name.replace(".html", ""));
  assert.ok(pages.length >= 18, String(pages));
  for (const name of pages) {
    await t.test(name, async () => {
      const still = await open(name, { javaScriptEnabled: false }), drawn = await open(name);
      const groups = drawn.data.figures[0].parts.length;
      for (let i = 0; i < groups; i++) {
        await drawn.page.locator("[data-figure] svg [data-live]").nth(i).scrollIntoViewIfNeeded({ timeout: 500 }).catch(() => {});
      }
      await settled(drawn.page);
      await settled(drawn.page);
      assert.deepEqual(await redrawn(drawn.page, drawn.data), await redrawn(still.page, drawn.data));
      await still.close();
      await drawn.close();
    });
  }
});
