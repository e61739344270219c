import { afterEach, describe, expect, it } from "vitest";
import { api } from "../integration/sandbox/api.ts";
import { call, desktop, inPage, newestDigits, otherThan, phone, rings, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 4000 });
afterEach(() => browser.closeAll());

describe.each([
  ["a phone", phone],
  ["a desktop", desktop],
])("on %s", (_, viewport) => {
  it("a number is verified: it rings, is missed, its digits are typed", async () => {
    const { page } = await browser.open({ viewport });
    const number = await call(page, browser.freshNumber());

    await rings(page, number);
    const onScreen = (await page.locator("#call-from").textContent()) ?? "";
    expect(onScreen).toMatch(/^\+33 6 39 98 \d{4}$/);
    await page.locator('#timeline [aria-current="step"]', { hasText: "ringing" }).waitFor();

    const digits = await newestDigits(page, number);
    expect(onScreen.endsWith(digits)).toBe(true);
    await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
    await page.getByLabel("Last digits of the caller ID").fill(digits);
    await page.getByRole("button", { name: "Verify" }).click();

    await page.locator("#result.good", { hasText: "Verified" }).waitFor();
    await page.locator('#timeline [aria-current="step"]', { hasText: "verified" }).waitFor();
    expect(await page.getByRole("button", { name: "Verify" }).isDisabled()).toBe(true);
  });

  it("nothing is cut off or scrolls sideways", async () => {
    const { page } = await browser.open({ viewport });
    await rings(page, await call(page, browser.freshNumber()));
    const overflow = await inPage(page, "overflow");
    expect(overflow).toEqual({ pagePx: 0, elements: [] });
  });
});

describe("what can go wrong", () => {
  it("wrong digits leave fewer checks, and none in the end", async () => {
    const { page } = await browser.open();
    const number = await call(page, browser.freshNumber());
    const wrong = otherThan(await newestDigits(page, number));
    const code = page.getByLabel("Last digits of the caller ID");
    for (const left of ["2 checks left", "1 check left"]) {
      await code.fill(wrong);
      await code.press("Enter");
      await page.locator("#result.bad", { hasText: left }).waitFor();
      await page.locator("#checks-left", { hasText: left }).waitFor();
      expect(await code.inputValue()).toBe("");
    }
    await code.fill(wrong);
    await code.press("Enter");
    await page.locator("#result.bad", { hasText: "No checks left" }).waitFor();
    expect(await page.getByRole("button", { name: "Verify" }).isDisabled()).toBe(true);
  });

  it.each([
    ["busy", "Busy", "busy"],
    ["not in use", "No such number", "unallocated"],
    ["network full", "Congestion", "congestion"],
  ])("a number that is %s never rings, and the page says why", async (chip, title, reason) => {
    const { page } = await browser.open();
    await page.getByRole("button", { name: new RegExp(`^${chip}`) }).click();
    await page.getByRole("button", { name: "Ring it once" }).click();
    await page.locator("#result.bad", { hasText: title }).waitFor();
    expect(await page.locator("#result-code").textContent()).toBe(reason);
    await page.locator('#timeline [aria-current="step"]', { hasText: "undeliverable" }).waitFor();
    expect((await page.locator("#call-to").textContent()) ?? "").not.toMatch(/9\d\d$/);
  });

  it("a landline and nonsense are refused before any call, at the field", async () => {
    const { page } = await browser.open();
    const before = await logLength(browser.url());
    await page.getByRole("button", { name: "a landline" }).click();
    await page.locator("#to-hint.bad", { hasText: "landline" }).waitFor();
    await call(page, "12");
    await page.locator("#to-hint.bad").waitFor();
    expect(await page.getByLabel("Phone number").getAttribute("aria-invalid")).toBe("true");
    await page.locator("#to:focus").waitFor();
    expect(await logLength(browser.url())).toBe(before);
  });

  it("a typing error is explained, and what was meant is offered, not taken", async () => {
    const { page } = await browser.open();
    const field = page.getByLabel("Phone number");
    await field.fill("+44 07400 123456");
    await page.locator("#to-hint.bad", { hasText: "Check the digits right after the country code." }).waitFor();
    expect(await field.inputValue()).toBe("+44 07400 123456");
    await page.getByRole("button", { name: "Use +44 7400 123456" }).click();
    await page.locator("#to-hint:not(.bad)", { hasText: "can be called" }).waitFor();
    expect(await field.inputValue()).toBe("+44 7400 123456");
  });

  it("calls in too quick a row are refused with the time to wait", async () => {
    const { page } = await browser.open();
    await page.getByLabel("Phone number").fill("+44 7400 125901");
    // The first one is started elsewhere: while the page shows a call, it may take no second click. Just before the page's own
    // request: on a busy machine the click itself may take longer than the interval.
    await page.route("**/v1/verifications", async (route) => {
      const { status } = await api(browser.url(), "/v1/verifications", { to: "+447400125901" });
      await (status === 201 ? route.continue() : route.abort());
    });
    await page.getByRole("button", { name: "Ring it once" }).click();
    const refused = /(Minimum interval|in progress).*Try again in \d+ s/;
    await page.locator("#to-hint.bad", { hasText: refused }).waitFor();
  });

  it("a sandbox that was stopped is reported as such, not as a wrong number", async () => {
    const { page } = await browser.open();
    await page.route("**/v1/verifications", (route) => route.abort());
    await call(page, browser.freshNumber());
    await page.locator("#to-hint.bad", { hasText: "Is it still running in your terminal?" }).waitFor();
  });
});

describe("the phone", () => {
  it("answers: OneRing hangs up at once, and the digits still verify", async () => {
    const { page } = await browser.open();
    const number = await call(page, browser.freshNumber());
    await rings(page, number);
    await page.getByRole("button", { name: "Answer", exact: true }).click();
    await page.locator("#result", { hasText: "OneRing hung up at once" }).waitFor();
    const code = page.getByLabel("Last digits of the caller ID");
    await code.fill(await newestDigits(page, number, "answered"));
    await code.press("Enter");
    await page.locator("#result.good").waitFor();
  });

  it("declines: the digits still verify", async () => {
    const { page } = await browser.open();
    const number = await call(page, browser.freshNumber());
    await rings(page, number);
    await page.getByRole("button", { name: "Decline", exact: true }).click();
    await page.locator("#result", { hasText: "declined while it rang" }).waitFor();
    const code = page.getByLabel("Last digits of the caller ID");
    await code.fill(await newestDigits(page, number, "declined"));
    await code.press("Enter");
    await page.locator("#result.good").waitFor();
  });

  it("rings again with other digits, and only those count", async () => {
    const { page } = await browser.open();
    const number = await call(page, browser.freshNumber());
    const again = page.getByRole("button", { name: "Ring again" });
    // Counts down the least time between two deliveries before it can be pressed, from the start on.
    await again.filter({ hasText: /^Ring again in \d s$/ }).waitFor();
    const first = await newestDigits(page, number);
    const [response] = await Promise.all([page.waitForResponse(/\/resend$/), again.click()]);
    expect(response.status()).toBe(200);
    await rings(page, number);
    const second = await newestDigits(page, number);
    expect(second).not.toBe(first);
    const code = page.getByLabel("Last digits of the caller ID");
    await code.fill(first);
    await code.press("Enter");
    await page.locator("#result.bad", { hasText: "Wrong code" }).waitFor();
    await code.fill(second);
    await code.press("Enter");
    await page.locator("#result.good").waitFor();
  });

  it("shows its log to a page that is opened later", async () => {
    const { page: first } = await browser.open();
    const number = await call(first, browser.freshNumber());
    const digits = await newestDigits(first, number);
    const { page } = await browser.open();
    expect(await newestDigits(page, number)).toBe(digits);
    expect(await page.locator("#log li").count()).toBe(await logLength(browser.url()));
  });
});

/** Calls that reached the phone, from the API. */
async function logLength(url: string): Promise<number> {
  const calls = (await (await fetch(`${url}/sandbox/calls`)).json()) as { state: string }[];
  return calls.filter(({ state }) => ["missed", "answered", "declined", "ringing"].includes(state)).length;
}
