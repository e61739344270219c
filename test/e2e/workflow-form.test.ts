/** The form's workflow, and how its steps are shown as they run: against recorded answers of the API. */
import { afterEach, expect, it } from "vitest";
import { inPage, screenshot, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const to = "+447400123903";
const missedCall = {
  ...{ calls: 1, calls_delivered: 0, attempt: null, ring: null },
  caller_id: { prefix: "+3363998", digits: 4, pattern: "^\\+?3363998\\d{4}$" },
};

function delivery(number: number, channel: string, state: string, more: object = {}) {
  const own = channel === "missed_call" ? missedCall : { sender: "OneRing", segments: 1 };
  return { number, channel, to, state, reason: null, started_at: at(0), ended_at: null, [channel]: own, ...more };
}

function verification(status: string, deliveries: readonly ReturnType<typeof delivery>[], more: object = {}) {
  const newest = deliveries.at(-1);
  return {
    ...{ id: "v1", status, to, country: "GB", channel: newest?.channel, reason: newest?.reason ?? null },
    ...{ code_length: newest?.channel === "missed_call" ? 4 : 6, checks_left: 3, delivery: newest, deliveries },
    ...{ next_channels: [], proof: null, reference: null, metadata: null, ended_at: null },
    ...{ created_at: at(0), expires_at: at(300), ...more },
  };
}

it("steps are added, sent as a workflow, and shown as they run", async () => {
  const sms = (state: string) => delivery(2, "sms", state);
  const failed = delivery(1, "missed_call", "failed", { reason: "switched_off", ended_at: at(1) });
  let current = verification("sending", [delivery(1, "missed_call", "calling")]);
  const { page } = await browser.open({}, async (opening) => {
    await opening.route("**/sandbox/settings", async (route) => {
      const response = await route.fetch();
      const settings = (await response.json()) as Record<string, unknown>;
      const channels = ["missed_call", "sms", "whatsapp", "email"];
      await route.fulfill({ response, json: { ...settings, channels } });
    });
    await opening.route(/\/v1\/verifications(\/v1)?$/, (route) => route.fulfill({ json: current }));
  });
  await page.getByRole("button", { name: /^switched off/ }).click();
  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("spinbutton", { name: "after" }).fill("5");
  await page.getByRole("button", { name: "Add a fallback" }).click();
  await page.getByRole("combobox", { name: "Then" }).nth(1).selectOption("email");
  await page.getByLabel("to the e-mail address").fill("ana@example.com");
  expect(await inPage(page, "accessibility")).toEqual([]);
  expect(await inPage(page, "overflow")).toEqual({ pagePx: 0, elements: [] });

  await screenshot(page, "workflow-form");

  const started = page.waitForRequest((request) => request.method() === "POST" && /verifications$/.test(request.url()));
  await page.getByRole("button", { name: "Start the workflow" }).first().click();
  expect((await started).postDataJSON()).toEqual({
    to: "+44 7400 123903",
    workflow: [
      { channel: "missed_call", wait_seconds: 5 },
      { channel: "sms", wait_seconds: 10 },
      { channel: "email", to: "ana@example.com" },
    ],
  });
  const rows = page.locator("#workflow li");
  await expect.poll(() => rows.allInnerTexts()).toHaveLength(3);
  await rows.nth(1).getByText("if that fails").waitFor();

  current = verification("sending", [failed, sms("queued")]);
  await rows.nth(0).getByText("failed · switched_off").waitFor();
  await page.locator('#workflow [aria-current="step"]', { hasText: "SMS" }).waitFor();
  current = verification("delivered", [failed, sms("sent")], {
    next_channels: [
      { channel: "sms", available_at: at(2) },
      { channel: "whatsapp", available_at: at(2) },
    ],
  });
  await rows
    .nth(2)
    .getByText(/^in \d+ s$/)
    .waitFor();
  await page.getByRole("button", { name: "Send a WhatsApp message", exact: true }).waitFor();
  expect(await inPage(page, "accessibility")).toEqual([]);

  await screenshot(page, "workflow-running");

  current = verification("verified", [failed, sms("delivered")], {
    proof: { kind: "phone", value: to, channel: "sms", at: at(9), code: "gateway" },
  });
  await page.locator("#workflow .proof", { hasText: "SMS" }).waitFor();
  await expect.poll(() => rows.count()).toBe(2);
});
