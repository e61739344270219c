import { afterEach, expect, it } from "vitest";
import { call, desktop, inPage, newestDigits, otherThan, phone, rings, showAs, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 4000 });
afterEach(() => browser.closeAll());

it("every state of the page passes the checks of accessibility: light, dark, and dark on a phone", async () => {
  const { page } = await browser.open();
  const looks = {
    "dark on a phone": { viewport: phone, colorScheme: "dark" },
    dark: { viewport: desktop, colorScheme: "dark" },
    light: { viewport: desktop, colorScheme: "light" },
  } as const;
  const found: { state: string; look: string; findings: unknown }[] = [];
  const check = async (state: string) => {
    for (const [look, how] of Object.entries(looks)) {
      await showAs(page, how);
      found.push({ state, look, findings: await inPage(page, "accessibility") });
    }
  };
  await check("at first");
  const number = await call(page, browser.freshNumber());
  await rings(page, number);
  await check("ringing");
  const digits = await newestDigits(page, number);
  const code = page.getByLabel("Last digits of the caller ID");
  await code.fill(otherThan(digits));
  await code.press("Enter");
  await page.locator("#result.bad").waitFor();
  await check("wrong");
  await code.fill(digits);
  await code.press("Enter");
  await page.locator("#result.good").waitFor();
  await check("verified");
  await page.getByRole("button", { name: "a landline" }).click();
  await page.locator("#to-hint.bad").waitFor();
  await check("refused");
  expect(found).toHaveLength(15);
  expect(found.filter(({ findings }) => JSON.stringify(findings) !== "[]")).toEqual([]);
});

it("follows the colours that the system asks for", async () => {
  const papers = [];
  for (const colorScheme of ["light", "dark"] as const) {
    const { page } = await browser.open({ colorScheme });
    papers.push(await page.evaluate("getComputedStyle(document.body).backgroundColor"));
  }
  expect(papers).toEqual(["rgb(246, 246, 243)", "rgb(15, 17, 19)"]);
});

it("moves nothing for people who asked for that", async () => {
  const animations = async (reducedMotion: "reduce" | "no-preference") => {
    const { page } = await browser.open({ reducedMotion });
    await rings(page, await call(page, browser.freshNumber()));
    return page.evaluate("document.getAnimations().length");
  };
  expect(await animations("reduce")).toBe(0);
  expect(await animations("no-preference")).toBeGreaterThan(3);
});

it("works by keyboard alone, and shows where the keyboard is", async () => {
  const { page } = await browser.open();
  const focused = () => page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()");
  const outline = () =>
    page.evaluate("getComputedStyle(document.activeElement.closest('.code') ?? document.activeElement).outlineStyle");
  await page.keyboard.press("Tab");
  expect(await focused()).toBe("Skip to the phone number");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Shift+Tab");
  expect(await focused()).toBe("to");
  expect(await outline()).toBe("solid");
  await page.keyboard.press("Control+A");
  const number = browser.freshNumber();
  await page.keyboard.type(number);
  await page.keyboard.press("Enter");
  await page.locator("#code:focus").waitFor();
  expect(await outline()).toBe("solid");

  // Back to the phone, which lies before the code: Decline and Answer, then the rest.
  await rings(page, number);
  await page.keyboard.press("Shift+Tab");
  expect(await focused()).toBe("answer");
  expect(await outline()).toBe("solid");
  await page.keyboard.press("Enter");
  // The button is hidden with the call: the code is next.
  const digits = await newestDigits(page, number, "answered");
  await page.locator("#code:focus").waitFor();
  await page.keyboard.type(digits);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#result.good:focus").waitFor();
});

it("the focus moves from Answer to the code when the ringing ends", async () => {
  const { page } = await browser.open();
  const number = await call(page, browser.freshNumber());
  await rings(page, number);
  await page.getByRole("button", { name: "Answer", exact: true }).focus();
  await newestDigits(page, number);
  await page.locator("#code:focus").waitFor();
});

it("announces what happens", async () => {
  const { page } = await browser.open();
  await inPage(page, "record-announcements");
  const said = () => page.evaluate("window.announcements.join('\\n')");
  const number = await call(page, browser.freshNumber());
  const digits = await newestDigits(page, number);
  await page.getByLabel("Last digits of the caller ID").fill(digits);
  await page.getByRole("button", { name: "Verify" }).click();
  await page.locator("#result.good").waitFor();
  await expect
    .poll(said)
    .toMatch(
      new RegExp(
        [
          "status: Starting the verification\\.",
          `status: The phone rings\\. Caller ID \\+33 6 39 98 ${digits}\\.`,
          `status: Missed call from \\+33 6 39 98 ${digits}\\. Type its last 4 digits\\.`,
          "alert: Verified\\. .*",
        ].join("\\n"),
      ),
    );
});
