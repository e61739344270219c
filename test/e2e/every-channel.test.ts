/** One verification by each channel, and the three ways in which a workflow goes on, as a person sees them. */
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import { desktop, inPage, type Look, phone, rings, screenshot, showAs, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

/** The first is the one that a person acts in; the page is looked at in both. */
type Looks = Readonly<Record<string, Look>>;
const looks: Looks = {
  "phone, light": { viewport: phone, colorScheme: "light" },
  "desktop, dark": { viewport: desktop, colorScheme: "dark" },
};
/** The other two of four looks, so that each is seen. */
const otherLooks: Looks = {
  "desktop, light": { viewport: desktop, colorScheme: "light" },
  "phone, dark": { viewport: phone, colorScheme: "dark" },
};
const firstOf = (some: Looks): Look => Object.values(some)[0] as Look;

const tab = (page: Page, name: string) => page.getByRole("tab", { name, exact: true });
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** The code in the newest message of an app, once it is there. */
async function codeIn(page: Page, app: string, number?: string): Promise<string> {
  await tab(page, app).and(page.locator('[aria-selected="true"]')).waitFor();
  const newest = page.locator("#inbox .message.newest").first();
  if (number !== undefined) await newest.getByText(number).waitFor();
  return (await newest.locator("b").first().textContent()) ?? "";
}

async function typeCode(page: Page, code: string): Promise<void> {
  await page.getByLabel("Code", { exact: true }).fill(code);
  await page.keyboard.press("Enter");
  await page.locator("#result.good", { hasText: "Verified" }).waitFor();
  await page.locator('#timeline [aria-current="step"]', { hasText: "verified" }).waitFor();
}

async function addFallback(page: Page, channel: string, afterSeconds: number): Promise<void> {
  const rows = page.locator("#next-steps li");
  const count = await rows.count();
  await button(page, "Add a fallback").click();
  await rows.nth(count).getByRole("combobox", { name: "Then" }).selectOption({ label: channel });
  await rows.nth(count).getByRole("spinbutton", { name: "after" }).fill(String(afterSeconds));
}

/** A page that is looked at: nothing overlaps or is cut off, and every text can be read. It ends in its first look. */
async function lookAt(page: Page, name: string, at: Looks): Promise<void> {
  for (const [look, how] of Object.entries(at).reverse()) {
    await showAs(page, how);
    await screenshot(page, `${name} ${look}`);
    const [overflow, collisions] = [await inPage(page, "overflow"), await inPage(page, "collisions")];
    const accessibility = await inPage(page, "accessibility");
    const none = { overflow: { pagePx: 0, elements: [] }, collisions: [], accessibility: [] };
    expect({ look, overflow, collisions, accessibility }).toEqual({ look, ...none });
  }
}

const messages = [
  { channel: "SMS", app: "Messages", start: "Send a text message", label: "Phone number" },
  { channel: "WhatsApp", app: "WhatsApp", start: "Send a WhatsApp message", label: "Phone number" },
  { channel: "E-mail", app: "Mail", start: "Send a mail", label: "E-mail address" },
  { channel: "Push", app: "Alerts", start: "Send a notification", label: "Registration of a device" },
] as const;

describe("a message", () => {
  it.each(messages)("a code by $channel verifies", async ({ channel, app, start, label }) => {
    const { page } = await browser.open(firstOf(looks));
    await page.getByRole("radio", { name: channel, exact: true }).check();
    if (label === "Phone number") await page.getByLabel(label).fill(browser.freshNumber());
    else expect(await page.getByLabel(label).inputValue()).not.toBe("");
    await button(page, start).first().click();
    const code = await codeIn(page, app);
    expect(code).toMatch(/^\d{6}$/);
    await page.locator("#timeline [aria-current=step]", { hasText: /sent|delivered/ }).waitFor();
    await lookAt(page, channel, looks);
    await typeCode(page, code);
    await page.locator("#commands code", { hasText: `"code":"${code}"` }).waitFor();
  });
});

describe("a workflow", () => {
  it("a number that is switched off gets a text message at once", async () => {
    const { page } = await browser.open(firstOf(otherLooks));
    await page.getByLabel("Phone number").fill(`+44 7400 1${Date.now() % 10}0903`);
    await addFallback(page, "SMS", 30);
    await button(page, "Start the workflow").first().click();
    await page.locator("#workflow li", { hasText: "failed · switched_off" }).waitFor();
    const code = await codeIn(page, "Messages");
    await lookAt(page, "fallback", otherLooks);
    await typeCode(page, code);
    await page.locator("#workflow .proof", { hasText: "SMS" }).waitFor();
    await lookAt(page, "fallback verified", otherLooks);
  });

  it("nobody types the first message's code: after the wait the next channel sends the same", async () => {
    const { page } = await browser.open(firstOf(otherLooks));
    await page.getByRole("radio", { name: "SMS", exact: true }).check();
    await page.getByLabel("Phone number").fill(browser.freshNumber());
    await addFallback(page, "WhatsApp", 3);
    await button(page, "Start the workflow").first().click();
    const first = await codeIn(page, "Messages");
    await page.locator("#workflow .pending", { hasText: /WhatsApp\s*in \d s/ }).waitFor();
    await screenshot(page, "waiting");
    expect(await codeIn(page, "WhatsApp")).toBe(first);
    await typeCode(page, first);
  });

  it("the person chooses another channel", async () => {
    const { page } = await browser.open(firstOf(otherLooks));
    await page.getByRole("radio", { name: "SMS", exact: true }).check();
    await page.getByLabel("Phone number").fill(browser.freshNumber());
    await button(page, "Send a text message").first().click();
    const first = await codeIn(page, "Messages");
    await page.getByRole("button", { name: "Send a WhatsApp message", exact: true, disabled: false }).click();
    expect(await codeIn(page, "WhatsApp")).toBe(first);
    await page.locator("#workflow .current", { hasText: "WhatsApp" }).waitFor();
    await lookAt(page, "chosen", otherLooks);
    await typeCode(page, first);
  });
});

it("a message that fails is explained, and the page offers the failures that the channel has", async () => {
  const { page } = await browser.open(firstOf(otherLooks));
  await page.getByRole("radio", { name: "SMS", exact: true }).check();
  const failures = page.getByRole("list", { name: "Messages that fail" });
  await failures.getByRole("button", { name: /^no such recipient/ }).click();
  await button(page, "Send a text message").first().click();
  await page.locator("#result.bad", { hasText: "No such recipient" }).waitFor();
  expect(await page.locator("#result-code").textContent()).toBe("invalid_recipient");
  await lookAt(page, "message failed", otherLooks);
});

describe("a voice call", () => {
  it("is answered, keyed and heard, and its code verifies", { timeout: 90_000 }, async () => {
    const { page } = await browser.open(firstOf(looks));
    const to = browser.freshNumber();
    // What is heard cannot be read: the app gives the code.
    const code = "48291";
    const response = await fetch(`${browser.url()}/v1/verifications`, {
      method: "POST",
      headers: { authorization: "Bearer sandbox-key", "content-type": "application/json" },
      body: JSON.stringify({ to: to.replaceAll(" ", ""), channel: "voice", code, locale: "en" }),
    });
    expect(response.status).toBe(201);
    await rings(page, to);
    await lookAt(page, "voice ringing", looks);
    await button(page, "Answer").click();
    await page.locator("#call-kind", { hasText: "Connected" }).waitFor();
    await page.locator("#keypad button:focus").waitFor();
    const speaks = page.getByText("Someone speaks");
    await speaks.waitFor();
    await button(page, "1").click();
    await page.locator("#timeline [aria-current=step]", { hasText: "answered" }).waitFor();
    await speaks.waitFor();
    await lookAt(page, "voice answered", looks);
    await page.locator("#timeline [aria-current=step]", { hasText: "spoken" }).waitFor({ timeout: 25_000 });
    await button(page, "Hang up").click();
    await page.locator("#screen-log").waitFor();
    await typeCode(page, code);
  });
});
