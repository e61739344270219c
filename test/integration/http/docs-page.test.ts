/** The reference at /docs in a real Chromium, on a phone and on a desk. */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findTestPrograms } from "../../support/fetch/programs.ts";
import { listening } from "../../unit/http/raw-sockets.ts";

const waitMs = 20_000;
let browser: Browser;

beforeAll(async () => {
  const { chromium: program } = await findTestPrograms();
  if (!program) throw new Error("no Chromium: run `npm run runtime -- --for-tests`");
  browser = await chromium.launch({
    executablePath: program.command,
    env: { ...process.env, ...program.env },
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"],
  });
});
afterAll(() => browser?.close());

/** Rendering the whole reference takes seconds of CPU: one page of each look answers all questions. */
async function openDocs(width: number, colorScheme: "dark" | "light") {
  const { port } = await listening({ admin: true, sandbox: true });
  const url = `http://127.0.0.1:${port}`;
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) complaints.push(`request to ${request.url()}`);
  });
  await page.goto(`${url}/docs`);
  await page.getByRole("heading", { name: "OneRing (SANDBOX)", exact: true }).waitFor();
  return { page, complaints };
}

// As text: these run in the page, where Node's types do not hold.
const overflowPx = (page: Page) =>
  page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
const brightness = (page: Page) =>
  page.evaluate<number>("Number(/\\d+/.exec(getComputedStyle(document.body).backgroundColor)[0])");

/** Nothing scrolls sideways, to the end, so that every operation is rendered; the colours are those of the system. */
async function expectToFit(page: Page, scheme: "dark" | "light"): Promise<void> {
  expect(await overflowPx(page)).toBe(0);
  for (let step = 0; step < 20; step++) {
    await page.mouse.wheel(0, 2000);
    await page.evaluate("new Promise(requestAnimationFrame)");
  }
  expect(await overflowPx(page)).toBe(0);
  if (scheme === "dark") expect(await brightness(page)).toBeLessThan(64);
  else expect(await brightness(page)).toBeGreaterThan(192);
}

describe("/docs", () => {
  it("on a dark phone: nothing scrolls sideways, nothing is loaded from elsewhere", async () => {
    const { page, complaints } = await openDocs(320, "dark");
    await expectToFit(page, "dark");
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it("on a light desk: it fits, lists groups and operations in their order, and links back to the sandbox", async () => {
    const { page, complaints } = await openDocs(1280, "light");
    const listed = await page.locator("aside, nav").first().innerText();
    const order = ["verifications", "numbers", "operation", "administration"];
    const places = order.map((tag) => listed.indexOf(`\n${tag}\n`));
    expect(places.every((place, at) => place > (places[at - 1] ?? -1))).toBe(true);
    const operations = (await page.locator("body").innerText()).match(/\/v1\/verifications\S*/g);
    expect(operations?.slice(0, 6)).toEqual([
      "/v1/verifications",
      "/v1/verifications/{id}",
      "/v1/verifications/{id}/check",
      "/v1/verifications/check",
      "/v1/verifications/{id}/resend",
      "/v1/verifications/{id}/cancel",
    ]);
    expect(await page.getByRole("link", { name: "Sandbox page" }).first().getAttribute("href")).toBe("/");
    await expectToFit(page, "light");
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
