import { afterEach, describe, expect, it } from "vitest";
import { call, desktop, inPage, phone, rings, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 3000 });
afterEach(() => browser.closeAll());

/** Starts in a terminal. */
async function start(number: string): Promise<string> {
  const response = await fetch(`${browser.url()}/v1/verifications`, {
    method: "POST",
    headers: { authorization: "Bearer sandbox-key", "content-type": "application/json" },
    body: JSON.stringify({ to: number.replaceAll(" ", ""), channel: "call_in" }),
  });
  expect(response.status).toBe(201);
  const { delivery } = (await response.json()) as { delivery: { call_in: { number: string } } };
  return delivery.call_in.number;
}

describe.each([
  ["a phone", phone],
  ["a desktop", desktop],
])("on %s", (_, viewport) => {
  it("a verification by calling in that was started in a terminal says whom to call, and the phone can", async () => {
    const { page } = await browser.open({ viewport });
    await start(browser.freshNumber());
    await page.locator("#result", { hasText: "Waiting for an inbound call" }).waitFor();
    expect(await page.locator("#check-form").isHidden()).toBe(true);
    expect(await page.getByRole("button", { name: "Ring again" }).isHidden()).toBe(true);
    expect(await inPage(page, "overflow")).toEqual({ pagePx: 0, elements: [] });

    await page.getByRole("button", { name: "Call from the phone", exact: true }).click();
    await page.locator("#result.good", { hasText: "Verified" }).waitFor();
    await page.locator('#timeline [aria-current="step"]', { hasText: "verified" }).waitFor();

    // The next one is rung again, and has its field and its buttons.
    const number = await call(page, browser.freshNumber());
    await rings(page, number);
    expect(await page.getByRole("button", { name: "Ring again" }).isHidden()).toBe(false);
    expect(await page.getByRole("button", { name: "Call from the phone", exact: true }).isHidden()).toBe(true);
    expect(await page.getByLabel("Last digits of the caller ID").isDisabled()).toBe(false);
  });
});
