import { afterEach, expect, it } from "vitest";
import { call, inPage, newestDigits, rings, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 3000 });
afterEach(() => browser.closeAll());

it("at 320 px labels collided and the page scrolled sideways", async () => {
  const { page } = await browser.open({ viewport: { width: 320, height: 640 } });
  const faults: unknown[] = [];
  const look = async (state: string) => {
    const [overflow, collisions] = [await inPage(page, "overflow"), await inPage(page, "collisions")];
    const accessibility = await inPage(page, "accessibility");
    faults.push({ state, overflow, collisions, accessibility });
  };
  await look("at first");
  const number = await call(page, browser.freshNumber());
  await rings(page, number);
  await look("ringing");
  await newestDigits(page, number);
  await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
  await look("rung");

  await page.getByRole("radio", { name: "Call in" }).check();
  await page.getByLabel("Phone number").fill(browser.freshNumber());
  await page.getByRole("button", { name: "Get a number to call", exact: true }).click();
  await page.locator('#timeline [aria-current="step"]', { hasText: "waiting" }).waitFor();
  await look("call in");

  await page.getByRole("radio", { name: "Missed call" }).check();
  await page.getByRole("radio", { name: /^Two calls/ }).check();
  await page.getByRole("button", { name: /^busy/ }).click();
  await page.getByRole("button", { name: "Ring it twice" }).click();
  await page.locator('#timeline [aria-current="step"]', { hasText: "undeliverable" }).waitFor();
  await look("undeliverable");
  const none = { overflow: { pagePx: 0, elements: [] }, collisions: [], accessibility: [] };
  expect(faults).toEqual(faults.map((fault) => ({ ...(fault as { state: string }), ...none })));
  expect(faults).toHaveLength(5);
});
