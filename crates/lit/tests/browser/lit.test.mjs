// Records in LIT's own client, against the records' own numbers. `cargo test --test lit_in_browser -- --ignored` writes
// the folders and runs this: node --test lit.test.mjs, with CHROME, MODULES and PAGES set.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { click, drawn, expect, press, show, weights } from "./client.mjs";

const { PAGES } = process.env;

/** A folder's page as it lies on the disk. */
async function open(name, search = "") {
  const shown = await show(`file://${PAGES}/${name}/`, `index.html${search}`);
  return { ...shown, records: [JSON.parse(readFileSync(`${PAGES}/${name}/records.json`, "utf8"))].flat() };
}

const inputs = record => record.tokens.filter(({ kind }) => kind === "input").length;
const padded = (record, row) => record.tokens.map((_, i) => record.attributions[row][i] ?? 0);
/** The record's own sum of some rows; what was clicked itself shows 0. */
const summed = (record, from, to) => record.tokens.map((_, i) => {
  const own = i >= inputs(record) + from && i < inputs(record) + to;
  return own ? 0 : record.attributions.slice(from, to).reduce((sum, row) => sum + (row[i] ?? 0), 0);
});
const rgb = color => color.match(/\d+/g).map(Number);
const background = (chips, at) => chips.locator(".salient-token").nth(at).evaluate(chip => getComputedStyle(chip).backgroundColor);

test("tokens, an output's row, and a span's sum are the record's", async () => {
  const { page, chips, records: [record], close } = await open("run-30");
  const texts = record.tokens.map(({ text }) => text);
  assert.equal((await drawn(chips)).map(({ token }) => token).join(""), texts.join(""), "by words");
  await press(page, "granularity-selector", "Tokens");
  assert.deepEqual((await drawn(chips)).map(({ token }) => token), texts);
  await expect(chips, texts.map(() => 0));
  const n = inputs(record);
  await click(chips, n + 6);
  await expect(chips, padded(record, 6));
  assert.equal(await page.locator("sequence-salience-module .target-info-line").last().textContent().then(text => text.trim()),
    `Explaining [${n + 6}] "${texts[n + 6].trim()}"`);
  await click(chips, n + 9, { modifiers: ["Shift"] });
  await expect(chips, summed(record, 6, 10));
  // The largest is the darkest.
  const row = summed(record, 6, 10), at = row.indexOf(Math.max(...row)), least = row.indexOf(Math.min(...row.slice(0, n)));
  assert.ok(rgb(await background(chips, at))[1] < rgb(await background(chips, least))[1]);
  await click(chips, 20);
  await expect(chips, texts.map(() => 0));
  assert.deepEqual((await drawn(chips)).flatMap(({ selected }, i) => selected ? [i] : []), [20]);
  await close();
});

test("words and sentences are sums of their tokens", async () => {
  const { page, chips, records: [record], close } = await open("run-30");
  const n = inputs(record), texts = record.tokens.map(({ text }) => text);
  for (const grain of ["Words", "Sentences"]) {
    await press(page, "granularity-selector", grain);
    const groups = (await drawn(chips)).map(({ token }) => token);
    const last = groups.length - 1;
    await click(chips, last);
    // Which tokens a group holds, by the length of its text.
    let token = 0;
    const members = groups.map(text => { const from = token; for (let length = 0; length < text.length; token += 1) length += texts[token].length; return [from, token]; });
    const [from] = members[last];
    const row = summed(record, Math.max(from - n, 0), texts.length - n);
    const sums = members.map(([from, to], i) => i === last ? 0 : row.slice(from, to).reduce((sum, value) => sum + value, 0));
    const found = async () => (await weights(chips)).every((value, i) => Math.abs(value - sums[i]) < 1e-12);
    for (let tries = 0; tries < 40 && !await found(); tries += 1) await new Promise(done => setTimeout(done, 100));
    assert.ok(await found(), grain);
    assert.ok(sums.some(value => value > 0), grain);
  }
  await close();
});

test("each method is a button by its own name, and values with a sign have two colours", async () => {
  const { page, chips, records, close } = await open("methods");
  const names = records.map(({ method }) => method.name);
  assert.deepEqual(await page.locator("#method-selector button").allTextContents().then(all => all.map(text => text.trim())), names);
  await press(page, "granularity-selector", "Tokens");
  await click(chips, inputs(records[0]) + 3);
  // The first is selected.
  await expect(chips, padded(records[0], 3));
  await press(page, "method-selector", names[1]);
  await expect(chips, padded(records[1], 3));
  const row = padded(records[1], 3);
  const [most, least] = [Math.max(...row), Math.min(...row)].map(value => row.indexOf(value));
  assert.ok(row[least] < 0);
  // LIT's own: green raises, pink lowers.
  const [raises, lowers] = [rgb(await background(chips, most)), rgb(await background(chips, least))];
  assert.ok(raises[1] > raises[0], `${raises}`);
  assert.ok(lowers[0] > lowers[1], `${lowers}`);
  await close();
});

test("all outputs together are shares of the largest value, one method above another", async () => {
  const { page, records, close } = await open("methods");
  await page.locator(".tab").getByText("All outputs", { exact: true }).click();
  const rows = page.locator("salience-map-module lit-token-chips");
  await rows.nth(records.length - 1).waitFor();
  for (const [at, record] of records.entries()) {
    const sum = record.tokens.map((_, i) => record.attributions.reduce((sum, row) => sum + (row[i] ?? 0), 0));
    const largest = Math.max(...sum.map(Math.abs));
    await expect(rows.nth(at), sum.map(value => value / largest));
  }
  await close();
});

test("an encoder–decoder's rows are shown over source and target", async () => {
  const { page, chips, records, close } = await open("answer");
  assert.deepEqual((await drawn(chips)).map(({ token }) => token), ["Who", " went", " Bethel?", "</s>\n", "<pad>", " Mary", " did", " </s>"]);
  await press(page, "granularity-selector", "Tokens");
  await click(chips, 7);
  await expect(chips, padded(records[0], 1));
  await page.locator(".tab").getByText("Source and target", { exact: true }).click();
  const rows = page.locator("legacy-sequence-salience-module lit-token-chips");
  await rows.first().waitFor();
  const both = async () => [...await drawn(rows.nth(0)), ...await drawn(rows.nth(1))];
  assert.deepEqual((await both()).map(({ token }) => token.trim()), records[0].tokens.map(({ text }) => text.trim()));
  const share = row => { const all = row.reduce((sum, value) => sum + Math.abs(value), 0); return row.map(value => value / all); };
  // The start token is explained by nothing.
  await click(rows.nth(1), 0);
  assert.deepEqual((await both()).map(({ weight }) => weight), records[0].tokens.map(() => 0));
  await click(rows.nth(1), 2);
  assert.deepEqual((await both()).map(({ weight }) => weight), share(padded(records[0], 1)));
  // The second text has the same answer, and other rows.
  await page.locator("lit-data-table tbody tr").nth(1).click();
  await page.locator("legacy-sequence-salience-module").getByText("Hebron").waitFor();
  await click(rows.nth(1), 2);
  await page.locator("legacy-sequence-salience-module select").nth(1).selectOption("gim");
  await expect({ evaluate: () => both() }, share(padded(records[3], 1)));
  await close();
});

test("a hostile prompt is text, and what is no number is 0", async () => {
  const { page, chips, records: [record], close } = await open("hostile");
  await press(page, "granularity-selector", "Tokens");
  assert.deepEqual((await drawn(chips)).map(({ token }) => token), record.tokens.map(({ text }) => text));
  for (let output = 0; output < 4; output += 1) {
    await click(chips, 10 + output);
    assert.ok((await weights(chips)).every(Number.isFinite));
  }
  // What turns a text around turns no other.
  const [turned, next] = await Promise.all([6, 7].map(at => chips.locator(".salient-token").nth(at).boundingBox()));
  assert.ok(next.y > turned.y || next.x > turned.x, "after the one that turns around");
  await close();
  // A model's name stands in the address, in the title and on a button.
  const name = "img src=x onerror=alert(1)";
  const other = await open("hostile", `?models=${encodeURIComponent(name)}`);
  const button = other.page.locator("lit-app button").filter({ hasText: name }).first();
  await button.hover();
  await other.page.waitForTimeout(500);
  assert.equal(await other.page.locator("lit-app img[src=x], lit-app iframe, lit-app svg[onload]").count(), 0);
  await other.close();
});

test("small values have colours", async () => {
  const { page, chips, close } = await open("small");
  await press(page, "granularity-selector", "Tokens");
  await click(chips, 2);
  await expect(chips, [2e-7, 1e-9, 0]);
  const [first, second] = [rgb(await background(chips, 0)), rgb(await background(chips, 1))];
  assert.ok(first[1] < second[1] - 20, `${first} ${second}`);
  await close();
});

test("nothing but what the page holds is answered", async () => {
  const { page, close } = await open("runs");
  const status = address => page.evaluate(address => fetch(address, { method: "POST", body: "{}" }).then(({ status }) => status), address);
  assert.equal(await status("./get_info?"), 200);
  for (const address of ["./save_datapoints?path=x", "./toString?", "http://192.0.2.1/"]) {
    assert.equal(await status(address), 500, address);
  }
  await close();
});
