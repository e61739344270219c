/** docs/examples/login-page as its users see it: its own server, a real sandbox behind it, a real Chromium before it. */
import path from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { findTestPrograms } from "../support/fetch/programs.ts";
import { inPage } from "./browser.ts";
import { examples, withExamples } from "./example-world.ts";

const world = withExamples(25_000);
const waitMs = 60_000;
let browser: Browser;
let url: string;

beforeAll(async () => {
  const program = (await findTestPrograms()).chromium;
  if (!program) throw new Error("no Chromium: run `npm run runtime -- --for-tests`");
  const env = { ...process.env, ...program.env };
  browser = await chromium.launch({ executablePath: program.command, env, args: ["--no-sandbox", "--disable-gpu"] });
  const server = world.run(process.execPath, [path.join(examples, "login-page/server.mjs")], { PORT: "0" });
  url = await vi.waitUntil(() => /listening on (\S+)/.exec(server.output())?.[1], { timeout: waitMs });
});
afterAll(() => browser?.close());

async function open(): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
  page.setDefaultTimeout(waitMs);
  await page.goto(url);
  return page;
}

async function ringMe(page: Page, to: string): Promise<void> {
  await page.getByLabel("Your mobile number").fill(to);
  await page.getByRole("button", { name: "Ring me", exact: true }).click();
}

const code = (page: Page) => page.getByLabel("The last 4 digits of the number that called");

it("signs in with the digits of a missed call, typed while the phone rings, after one mistake", async () => {
  const page = await open();
  expect(await page.locator("#start .hint").textContent()).toContain("Don't answer");
  const to = world.freshNumber();
  await ringMe(page, to);
  const digits = await world.shownDigits(to);
  await page.locator("#progress", { hasText: "Your phone is ringing" }).waitFor();
  expect(await page.locator("#code-hint").textContent()).toContain("starts with +3363998");
  expect(await inPage(page, "overflow")).toEqual({ pagePx: 0, elements: [] });
  await code(page).fill(digits === "0000" ? "0001" : "0000");
  await code(page).press("Enter");
  await page.locator("#error", { hasText: "These are not the digits. 2 tries left." }).waitFor();
  await page.locator("#progress", { hasText: "You have a missed call" }).waitFor();
  expect(await page.locator("#error").textContent()).toContain("These are not the digits");
  await code(page).fill(digits);
  await code(page).press("Enter");
  await page.locator("#done", { hasText: `You are signed in as ${to}.` }).waitFor();
});

it("a busy phone is told so, and calling in is the other way", async () => {
  const page = await open();
  const to = "+447400126901";
  await ringMe(page, to);
  await page.locator("#progress", { hasText: "The line is busy" }).waitFor();
  expect(await code(page).isVisible()).toBe(false);
  const callIn = page.getByRole("button", { name: "I'd rather call you" });
  const link = page.locator("#call");
  // The minimum interval between two starts is told, and then it works.
  await expect
    .poll(
      async () => {
        if (!(await link.isVisible())) await callIn.click();
        return link.isVisible();
      },
      { interval: 300, timeout: waitMs },
    )
    .toBe(true);
  const number = ((await link.getAttribute("href")) ?? "").replace("tel:", "");
  expect(number).toMatch(/^\+442079460\d{3}$/);
  await world.callIn(to, number);
  await page.locator("#done", { hasText: "You are signed in" }).waitFor();
});

it("a landline is refused at the field, and the API key is not in the page", async () => {
  const page = await open();
  await ringMe(page, "+442079460958");
  await page.locator("#error", { hasText: "landline" }).waitFor();
  expect(await page.getByLabel("Your mobile number").isVisible()).toBe(true);
  for (const file of ["/", "/page.js"]) expect(await (await fetch(url + file)).text()).not.toContain("sandbox-key");
});
