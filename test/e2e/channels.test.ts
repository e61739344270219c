import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { call, inPage, newestDigits, rings, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 3000 });
afterEach(() => browser.closeAll());

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const step = (page: Page, hasText: string) => page.locator('#timeline [aria-current="step"]', { hasText });

it("links to the API reference, which links back", async () => {
  const { page } = await browser.open();
  const href = await page.getByRole("link", { name: "API docs" }).getAttribute("href");
  const answer = await fetch(new URL(href ?? "", browser.url()));
  // How it looks and its link are tested where it is rendered: integration/http/docs-page.
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
});

describe("the form", () => {
  it("offers the channels of the gateway, and starts a call in", async () => {
    const { page } = await browser.open();
    const offered = await page.getByRole("group", { name: "Channel" }).getByRole("radio").count();
    const settings = await fetch(`${browser.url()}/sandbox/settings`);
    expect(offered).toBe(((await settings.json()) as { channels: string[] }).channels.length);
    await page.getByRole("radio", { name: "Call in" }).check();
    expect(await page.getByRole("group", { name: "Calls" }).isHidden()).toBe(true);
    await page.getByRole("heading", { name: "Call from the phone: there is no code to type" }).waitFor();
    await page.getByLabel("Phone number").fill(browser.freshNumber());
    await button(page, "Get a number to call").click();
    await page.locator("#result", { hasText: /Call \+44 20 7946 \d{4} from \+44 7400/ }).waitFor();
    await page.locator("#api-state", { hasText: "status: pending · call_in: waiting" }).waitFor();
    await button(page, "Call from the phone").click();
    await page.locator("#result.good", { hasText: "Verified" }).waitFor();
  });
});

describe("the next channels", () => {
  it("after a missed call a call in can be chosen once its time has come, and back", async () => {
    const { page } = await browser.open();
    const number = await call(page, browser.freshNumber());
    // The gap counts from the start: the countdown runs while the phone rings.
    await page.getByRole("button", { name: /^Call in instead in \d s$/, disabled: true }).waitFor();
    await newestDigits(page, number);
    await button(page, "Call in instead").click();
    await step(page, "waiting").waitFor();
    expect(await page.locator("#check-form").isHidden()).toBe(true);

    await button(page, "Ring instead").click();
    await rings(page, number);
    // A call in progress: no other delivery may begin.
    expect(await page.getByRole("button", { name: /^Ring again/ }).isDisabled()).toBe(true);
    const code = page.getByLabel("Last digits of the caller ID");
    await step(page, "rung").waitFor();
    await code.fill(await newestDigits(page, number));
    await code.press("Enter");
    await page.locator("#result.good").waitFor();
    await page.locator("#api-state", { hasText: "status: verified · missed_call: rung" }).waitFor();
  });
});

it("another delivery that was begun in a terminal is followed", async () => {
  const { page } = await browser.open();
  const started = page.waitForResponse(
    (response) => response.request().method() === "POST" && response.url().endsWith("/v1/verifications"),
  );
  const number = await call(page, browser.freshNumber());
  await newestDigits(page, number);
  const { id } = (await (await started).json()) as { id: string };
  await page.getByRole("button", { name: "Call in instead", exact: true, disabled: false }).waitFor();
  const response = await fetch(`${browser.url()}/v1/verifications/${id}/resend`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox-key", "content-type": "application/json" },
    body: JSON.stringify({ channel: "call_in" }),
  });
  expect(response.status, await response.text()).toBe(200);
  await step(page, "waiting").waitFor();
  await page.getByRole("heading", { name: "Call from the phone" }).waitFor();
  await button(page, "Call from the phone").click();
  await page.locator("#result.good").waitFor();
});

describe("after a call that could not be delivered", () => {
  async function busy(page: Page): Promise<void> {
    await page.getByRole("button", { name: /^busy/ }).click();
    await button(page, "Ring it once").click();
    await page.locator("#result.bad", { hasText: "Busy" }).waitFor();
  }

  it("the code field stayed enabled and no retry was offered", async () => {
    const { page } = await browser.open();
    await busy(page);
    expect(await page.getByLabel("Last digits of the caller ID").isDisabled()).toBe(true);
    expect(await page.getByRole("button", { name: "Verify" }).isDisabled()).toBe(true);
    expect(await page.locator("#check-meta").isHidden()).toBe(true);
    const retried = page.waitForRequest((request) => request.url().endsWith("/v1/verifications"));
    await button(page, "Try again").click();
    expect((await retried).postDataJSON()).toEqual({ to: "+44 7400 123901" });
  });

  it("another channel can be tried at once for the same number", async () => {
    const { page } = await browser.open();
    await page.getByLabel("Phone number").fill("+44 7400 124902");
    await button(page, "Ring it once").click();
    await page.locator("#result.bad", { hasText: "No such number" }).waitFor();
    await expect
      .poll(
        async () => {
          if (await button(page, "Call in instead").isVisible()) await button(page, "Call in instead").click();
          return step(page, "waiting").isVisible();
        },
        { interval: 200 },
      )
      .toBe(true);
    await page.locator("#result", { hasText: "from +44 7400 124902" }).waitFor();
  });

  it("the old message stood beside the next error", async () => {
    const { page } = await browser.open();
    await page.getByLabel("Phone number").fill("+44 7400 125901");
    await button(page, "Ring it once").click();
    await page.locator("#result.bad", { hasText: "Busy" }).waitFor();
    await call(page, "12");
    await page.locator("#to-hint.bad").waitFor();
    await page.locator("#to:focus").waitFor();
    expect(await page.locator("#result").isHidden()).toBe(true);
  });
});

describe("a channel without a view", () => {
  const delivery = { number: 1, channel: "carrier_pigeon", state: "landed", carrier_pigeon: {} };
  const verification = {
    id: "v1",
    status: "delivered",
    reason: "left_at_door",
    to: "+447400123456",
    channel: "carrier_pigeon",
    code_length: 6,
    checks_left: 3,
    next_channels: [{ channel: "carrier_pigeon", available_at: "2026-01-01T00:00:00.000Z" }],
    created_at: "2026-01-01T00:00:00.000Z",
    expires_at: "2999-01-01T00:00:00.000Z",
    delivery,
    deliveries: [delivery],
  };

  it("is offered, shows status, state and reason, and takes a code", async () => {
    const { page } = await browser.open({}, async (opening) => {
      await opening.route("**/sandbox/settings", async (route) => {
        const response = await route.fetch();
        const settings = (await response.json()) as { channels: string[] };
        await route.fulfill({ response, json: { ...settings, channels: [...settings.channels, "carrier_pigeon"] } });
      });
      await opening.route(/\/v1\/verifications(\/v1)?$/, (route) => route.fulfill({ json: verification }));
      await opening.route("**/v1/verifications/v1/check", (route) =>
        route.fulfill({ json: { id: "v1", status: "delivered", valid: false, checks_left: 2 } }),
      );
    });
    await page.getByRole("radio", { name: "Carrier pigeon" }).check();
    const started = page.waitForRequest((request) => request.method() === "POST");
    await button(page, "Start").click();
    expect((await started).postDataJSON()).toEqual({ to: "+44 7400 123456", channel: "carrier_pigeon" });
    await step(page, "delivered").waitFor();
    await page
      .locator("#api-state", { hasText: "status: delivered · carrier_pigeon: landed · reason: left_at_door" })
      .waitFor();
    await page.getByRole("heading", { name: "Type the 6 digits of the code" }).waitFor();
    await button(page, "Carrier pigeon again").waitFor();
    await page.getByLabel("Code", { exact: true }).fill("123456");
    await page.keyboard.press("Enter");
    await page.locator("#result.bad", { hasText: /Wrong code\s*2 checks left\./ }).waitFor();
    expect(await inPage(page, "accessibility")).toEqual([]);
  });
});
