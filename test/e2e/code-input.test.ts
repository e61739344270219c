import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { call, newestDigits, otherThan, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

const field = (page: Page) => page.getByLabel("Last digits of the caller ID");
const note = (page: Page, hasText: string | RegExp) => page.locator("#code-note", { hasText });

/** Pastes as a person does: through the clipboard, so that `maxlength` and the field's own rules apply. */
async function paste(page: Page, into: ReturnType<typeof field>, text: string): Promise<void> {
  await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  await into.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Control+V");
}

/** A page whose number was rung once. @returns the last digits, and the checks that were sent */
async function rung() {
  const { page } = await browser.open({ permissions: ["clipboard-read", "clipboard-write"] });
  const checks: unknown[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/check")) checks.push(request.postDataJSON());
  });
  const digits = await newestDigits(page, await call(page, browser.freshNumber()));
  return { page, digits, checks };
}

describe("a pasted caller ID lost a check: +33 6 39 98 3801 became 3363", () => {
  it("however it is written, it is reduced to its last digits, in sight and unchecked", async () => {
    const { page, digits, checks } = await rung();
    const forms = {
      "as the phone shows it": `+33 6 39 98 ${digits}`,
      "without spaces": `+3363998${digits}`,
      "with an exit code": `00 33 6 39 98 ${digits}`,
      "in national format": `06 39 98 ${digits.slice(0, 2)} ${digits.slice(2)}`,
      "with the marks that phones put around numbers": `\u202a+33 6 39 98 ${digits}\u202c`,
    };
    for (const [form, written] of Object.entries(forms)) {
      await field(page).fill("");
      await page.locator("#code-note").waitFor({ state: "hidden" });
      await paste(page, field(page), written);
      expect(await field(page).inputValue(), form).toBe(digits);
      await note(page, `${digits}: the last 4 digits of`).waitFor();
      expect(checks, form).toEqual([]);
    }
    await page.keyboard.press("Enter");
    await page.locator("#result.good").waitFor();
    expect(checks).toEqual([{ code: digits }]);
  });

  it("what is no such number stays as it is, costs no check, and the page says what is wrong", async () => {
    const { page, digits, checks } = await rung();
    const texts = {
      "another number": "+44 7700 900123",
      "too many digits": "38011",
      words: "code 38",
      "a caller ID with a digit too many": "+33 6 39 98 38012",
    };
    for (const [what, text] of Object.entries(texts)) {
      await paste(page, field(page), text);
      expect(await field(page).inputValue(), what).toBe(text);
      await page.keyboard.press("Enter");
      await note(page, /the code has 4|digits only/).waitFor();
      expect(await field(page).getAttribute("aria-invalid"), what).toBe("true");
      await page.locator("#code:focus").waitFor();
      expect(checks, what).toEqual([]);

      await field(page).fill(digits);
      expect(await page.locator("#code-note").isHidden(), what).toBe(true);
      expect(await field(page).getAttribute("aria-invalid"), what).toBe("false");
    }
    await page.keyboard.press("Enter");
    await page.locator("#result.good").waitFor();
    expect(checks).toEqual([{ code: digits }]);
  });

  it("nothing, and fewer digits than the code has, cost no check", async () => {
    const { page, digits, checks } = await rung();
    for (const text of ["", digits.slice(1)]) {
      await field(page).fill(text);
      await page.getByRole("button", { name: "Verify" }).click();
      await note(page, /Type the 4 digits first|3 digits; the code has 4/).waitFor();
    }
    expect(checks).toEqual([]);
  });

  it("typed digit by digit, the whole caller ID ends as its last digits", async () => {
    const { page, digits } = await rung();
    await field(page).focus();
    await page.keyboard.type(`+33 6 39 98 ${digits}`);
    expect(await field(page).inputValue()).toBe(digits);
    await page.keyboard.press("Enter");
    await page.locator("#result.good").waitFor();
  });

  it("of two calls each field takes its own caller ID, and the first one both codes at once", async () => {
    const { page } = await browser.open({ permissions: ["clipboard-read", "clipboard-write"] });
    await page.getByRole("radio", { name: /^Two calls/ }).check();
    const number = browser.freshNumber();
    await page.getByLabel("Phone number").fill(number);
    await page.getByRole("button", { name: "Ring it twice" }).click();
    const digitsOf = (which: string) =>
      page.locator("#log li.missed.wanted", { hasText: number }).filter({ hasText: which }).locator(".from b");
    const first = (await digitsOf("First call").textContent()) ?? "";
    const second = (await digitsOf("Second call").textContent()) ?? "";
    const [one, two] = [page.getByLabel("First call: last digits"), page.getByLabel("Second call: last digits")];

    await paste(page, one, `${first}${otherThan(second)}`);
    expect([await one.inputValue(), await two.inputValue()]).toEqual([first, otherThan(second)]);
    await paste(page, two, `+33 6 39 98 ${second}`);
    await paste(page, one, `+33 6 39 98 ${first}`);
    expect([await one.inputValue(), await two.inputValue()]).toEqual([first, second]);
    await page.keyboard.press("Enter");
    await page.locator("#result.good").waitFor();
  });
});
