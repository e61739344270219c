/**
 * Pictures of the page at the moment that it is about, a phone that just got its missed call, in both sizes and both themes, for
 * people to look at (`.runtime/screenshots`). One of them is docs/images/sandbox.png.
 */
import { afterEach, expect, it } from "vitest";
import { call, desktop, inPage, newestDigits, phone, rings, screenshot, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

const sizes = { desktop: { width: desktop.width, height: 1250 }, phone };
const looks = Object.keys(sizes).flatMap((size) => (["light", "dark"] as const).map((theme) => [size, theme] as const));

it.each(looks)("%s, %s: nothing is cut off, and every text can be read", async (size, colorScheme) => {
  const { page } = await browser.open({ viewport: sizes[size as keyof typeof sizes], colorScheme });
  const number = await call(page, browser.freshNumber());
  await rings(page, number);
  await screenshot(page, `page rings ${size} ${colorScheme}`);
  const digits = await newestDigits(page, number);
  await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
  await screenshot(page, `page rung ${size} ${colorScheme}`);
  const findings = [await inPage(page, "accessibility"), await inPage(page, "overflow")];
  await page.getByLabel("Last digits of the caller ID").fill(digits);
  await page.keyboard.press("Enter");
  await page.locator("#result.good", { hasText: "Verified" }).waitFor();
  await screenshot(page, `page verified ${size} ${colorScheme}`);
  findings.push(await inPage(page, "accessibility"), await inPage(page, "overflow"));
  expect(findings).toEqual([[], { pagePx: 0, elements: [] }, [], { pagePx: 0, elements: [] }]);
});
