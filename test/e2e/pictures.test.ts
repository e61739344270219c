/**
 * Pictures of the page at the moment that it is about, a phone that just got its missed call, in both sizes and both themes, for
 * people to look at (`.runtime/screenshots`). One of them is docs/images/sandbox.png.
 */
import type { Page } from "playwright-core";
import { afterEach, expect, it } from "vitest";
import {
  call,
  desktop,
  inPage,
  type Look,
  newestDigits,
  phone,
  rings,
  screenshot,
  showAs,
  withBrowser,
} from "./browser.ts";

const browser = withBrowser({ ringMs: 3000 });
afterEach(() => browser.closeAll());

const sizes = { desktop: { width: desktop.width, height: 1250 }, phone };
const themes = ["dark", "light"] as const;

it.each(Object.entries(sizes))(
  "%s: nothing is cut off, and every text can be read, in both themes",
  async (size, viewport) => {
    const { page } = await browser.open({ viewport });
    const number = await call(page, browser.freshNumber());
    await rings(page, number);
    await inEachTheme(page, viewport, (theme) => screenshot(page, `page rings ${size} ${theme}`));
    const digits = await newestDigits(page, number);
    await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
    const findings: unknown[] = [];
    const look = (state: string) =>
      inEachTheme(page, viewport, async (theme) => {
        await screenshot(page, `page ${state} ${size} ${theme}`);
        findings.push(await inPage(page, "accessibility"), await inPage(page, "overflow"));
      });
    await look("rung");
    await page.getByLabel("Last digits of the caller ID").fill(digits);
    await page.keyboard.press("Enter");
    await page.locator("#result.good", { hasText: "Verified" }).waitFor();
    await look("verified");
    const none = [[], { pagePx: 0, elements: [] }];
    expect(findings).toEqual([...none, ...none, ...none, ...none]);
  },
);

async function inEachTheme(page: Page, viewport: Look["viewport"], look: (theme: string) => Promise<void>) {
  for (const colorScheme of themes) {
    await showAs(page, { viewport, colorScheme });
    await look(colorScheme);
  }
}
