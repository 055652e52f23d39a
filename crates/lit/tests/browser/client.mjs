// What the tests of LIT's client share: a page with everything that goes wrong in it, and what the client draws.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before } from "node:test";
const require = createRequire(process.env.MODULES + "/");
const { chromium } = require("playwright-core");

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
let browser;
before(async () => { browser = await chromium.launch({ executablePath: process.env.CHROME, args: FLAGS }); });
after(async () => { await browser?.close(); });

/** A page that may ask for nothing but what begins with `own`, once its texts are there. */
export async function show(own, search) {
  const context = await browser.newContext({ viewport: { width: 1500, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const wrong = [];
  page.on("console", message => { if (message.type() === "error") wrong.push(`console: ${message.text()}`); });
  page.on("pageerror", error => wrong.push(`error: ${error.message}`));
  page.on("dialog", dialog => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("requestfailed", request => wrong.push(`failed: ${request.url()}`));
  page.on("request", request => {
    const url = request.url();
    if (![own, "data:", "blob:"].some(begin => url.startsWith(begin))) wrong.push(`request: ${url}`);
  });
  await page.goto(`${own}${search}`);
  const chips = page.locator("sequence-salience-chips");
  await chips.locator(".salient-token").first().waitFor();
  const close = async () => {
    assert.deepEqual(wrong, []);
    assert.equal(await page.locator(".status-emoji[src*=potato]").count(), 0, "LIT says that something went wrong");
    await context.close();
  };
  return { context, page, chips, wrong, close };
}

export const press = (page, bar, text) => page.locator(`#${bar} button`).getByText(text, { exact: true }).click();
/** What the client draws: texts and numbers, exactly. */
export const drawn = chips => chips.evaluate(chips => chips.tokensWithWeights.map(({ token, weight, selected }) => ({ token, weight, selected })));
export const weights = async chips => (await drawn(chips)).map(({ weight }) => weight);
export const click = (chips, at, options) => chips.locator(".salient-token").nth(at).click(options);
/** Waits for what is drawn to be these numbers. */
export async function expect(chips, numbers) {
  let found;
  for (let tries = 0; tries < 40; tries += 1) {
    found = await weights(chips);
    if (found.length === numbers.length && found.every((value, i) => value === numbers[i])) return;
    await new Promise(done => setTimeout(done, 100));
  }
  assert.deepEqual(found, numbers);
}
