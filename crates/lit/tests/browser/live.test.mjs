// The server in LIT's own client, with a model of words whose numbers have a formula. `cargo test --test lit_in_browser
// -- --ignored` runs the server and this: node --test live.test.mjs, with CHROME, MODULES and ADDRESS set.
import assert from "node:assert/strict";
import { test } from "node:test";
import { click, drawn, expect, press, show, weights } from "./client.mjs";

const { ADDRESS } = process.env;
const open = () => show(ADDRESS, "");

const words = text => text.split(/(?<= )/);
/** Tokens and rows as the model of words makes them: `continued` of `tests/common`. */
function attributed(prompt, target = ` so ${prompt.split(" ").at(-1)}`) {
  const inputs = words(prompt), tokens = [...inputs, ...words(target)], n = inputs.length;
  const value = (method, row, i) => {
    const value = ((row * 5 + i * 3 + n + method) % 7 + 1) / 8;
    return method === 1 && (row + i) % 3 === 0 ? -value : value;
  };
  const row = (method, row) => tokens.map((_, i) => i < n + row ? value(method, row, i) : 0);
  return { tokens, n, row };
}

/** Edits the text that is open, and asks for it to be analysed. */
async function analyze(page, prompt, target) {
  const editor = page.locator("simple-datapoint-editor-module");
  await editor.locator("textarea").nth(0).fill(prompt);
  if (target !== undefined) await editor.locator("textarea").nth(1).fill(target);
  await editor.locator("#make").click();
}

/** Waits for these tokens to be drawn. */
async function tokens(chips, expected) {
  let found;
  for (let tries = 0; tries < 60; tries += 1) {
    found = (await drawn(chips)).map(({ token }) => token);
    if (found.join("|") === expected.join("|")) return;
    await new Promise(done => setTimeout(done, 100));
  }
  assert.deepEqual(found, expected);
}

test("an edited prompt is continued and attributed anew", async () => {
  const { page, chips, close } = await open();
  await press(page, "granularity-selector", "Tokens");
  const first = attributed("Mary went home");
  await tokens(chips, first.tokens);
  await click(chips, first.n + 1);
  await expect(chips, first.row(0, 1));
  const edited = attributed("Mary did not go & came to <b>Hebron</b>");
  await analyze(page, "Mary did not go & came to <b>Hebron</b>");
  await tokens(chips, edited.tokens);
  await expect(chips, edited.tokens.map(() => 0));
  for (const output of [0, 2]) {
    await click(chips, edited.n + output);
    await expect(chips, edited.row(0, output));
  }
  await press(page, "method-selector", "gim");
  await expect(chips, edited.row(1, 2));
  // The table has both, and the first one is as it was.
  const rows = page.locator("lit-data-table tbody tr");
  await rows.nth(1).getByText("<b>Hebron</b>").waitFor();
  await rows.first().click();
  await tokens(chips, first.tokens);
  await click(chips, first.n);
  await expect(chips, first.row(1, 0));
  await close();
});

test("a span, words, and all outputs of an edited prompt", async () => {
  const { page, chips, close } = await open();
  const prompt = "one two three four";
  const edited = attributed(prompt);
  await analyze(page, prompt);
  await press(page, "granularity-selector", "Tokens");
  await tokens(chips, edited.tokens);
  await click(chips, edited.n);
  await click(chips, edited.n + 2, { modifiers: ["Shift"] });
  const sum = method => edited.tokens.map((_, i) => [0, 1, 2].reduce((sum, row) => sum + edited.row(method, row)[i], 0));
  await expect(chips, sum(0).map((value, i) => i >= edited.n ? 0 : value));
  await page.locator(".tab").getByText("All outputs", { exact: true }).click();
  const all = page.locator("salience-map-module lit-token-chips");
  await all.nth(1).waitFor();
  for (const method of [0, 1]) {
    const largest = Math.max(...sum(method).map(Math.abs));
    await expect(all.nth(method), sum(method).map(value => value / largest));
  }
  await close();
});

test("a target that is typed is explained in place of the model's", async () => {
  const { page, chips, close } = await open();
  await press(page, "granularity-selector", "Tokens");
  await analyze(page, "Mary went home", "to sleep there");
  const forced = attributed("Mary went home", "to sleep there");
  await tokens(chips, forced.tokens);
  await click(chips, forced.n + 2);
  await expect(chips, forced.row(0, 2));
  await close();
});

test("a hostile prompt is text", async () => {
  const { page, chips, close } = await open();
  await press(page, "granularity-selector", "Tokens");
  const hostile = "</script><script>alert(1)</script> <img/src=x/onerror=alert(1)> \u2028 [a](javascript:alert(1)) {records} 'a\"";
  await analyze(page, hostile, "<svg/onload=alert(1)> so");
  const text = attributed(hostile, "<svg/onload=alert(1)> so");
  await tokens(chips, text.tokens);
  await click(chips, text.n + 1);
  await expect(chips, text.row(0, 1));
  await page.locator("lit-data-table tbody tr").nth(1).hover();
  await page.waitForTimeout(500);
  assert.equal(await page.locator("lit-app img[src=x], lit-app iframe, lit-app svg[onload]").count(), 0);
  await close();
});

test("what the model refuses is said, and the next prompt is attributed", async () => {
  const { page, chips, wrong, context } = await open();
  await press(page, "granularity-selector", "Tokens");
  await analyze(page, "too long");
  await page.locator(".status-emoji[src*=potato]").waitFor();
  await page.getByText("the text has 2000 tokens, and the model reads 1024").first().waitFor();
  const next = attributed("and on it goes");
  await analyze(page, "and on it goes");
  await tokens(chips, next.tokens);
  await click(chips, next.n);
  await expect(chips, next.row(0, 0));
  assert.ok((await weights(chips)).some(value => value > 0));
  assert.equal(wrong.filter(line => !line.includes("500") && !line.includes("2000 tokens")).length, 0, `${wrong}`);
  await context.close();
});

test("a page of another address gets nothing", async () => {
  const { page, context } = await open();
  // Another name of the same machine is another origin.
  const other = ADDRESS.replace("127.0.0.1", "localhost");
  const ask = options => page.evaluate(([address, options]) =>
    fetch(`${address}get_info?`, options).then(({ status }) => status, error => error.name), [other, options]);
  // The policy forbids it already; without one, the server does.
  assert.equal(await ask({ method: "POST", body: "{}" }), "TypeError");
  const blank = await context.newPage();
  const send = headers => blank.evaluate(([address, headers]) =>
    fetch(`${address}get_info?`, { method: "POST", body: "{}", headers }).then(({ status }) => status, error => error.name),
    [ADDRESS, headers]);
  assert.equal(await send({}), "TypeError");
  assert.equal(await send({ "Content-Type": "application/json" }), "TypeError");
  await context.close();
});
