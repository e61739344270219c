/** The phone's apps: how messages of each kind look, whatever they hold. */
import type { Page } from "playwright-core";
import { afterEach, describe, expect, it } from "vitest";
import type { StandInMessage } from "../../src/sandbox/providers/provider.ts";
import { desktop, inPage, phone, screenshot, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

const channels = ["missed_call", "call_in", "voice", "sms", "whatsapp", "email", "push"];

/** The page of a gateway that has all channels. */
async function openAll(options: Parameters<typeof browser.open>[0] = {}) {
  return browser.open(options, async (opening) => {
    await opening.route("**/sandbox/settings", async (route) => {
      const response = await route.fetch();
      const settings = (await response.json()) as Record<string, unknown>;
      await route.fulfill({ response, json: { ...settings, channels } });
    });
  });
}

function arrive(message: Partial<StandInMessage> & Pick<StandInMessage, "channel" | "text">): void {
  const to = "+447400123456";
  const rest = { to, from: "OneRing", subject: null, html: null, details: {}, atMs: Date.now() };
  browser.sandbox().inbox.receive({ ...rest, ...message });
}

const app = (page: Page, name: string | RegExp) => page.getByRole("tab", { name });
const newest = (page: Page) => page.locator("#inbox .message").first();

describe.each([
  ["a phone, light", { viewport: phone, colorScheme: "light" }],
  ["a desktop, dark", { viewport: desktop, colorScheme: "dark" }],
] as const)("on %s", (name, options) => {
  it("a message of each kind comes into sight as it arrives, with its code marked", async () => {
    const { page } = await openAll(options);
    const faults: unknown[] = [];
    const look = async (what: string) => {
      await screenshot(page, `${what}-${name}`);
      const [overflow, accessibility] = [await inPage(page, "overflow"), await inPage(page, "accessibility")];
      const collisions = await inPage(page, "collisions");
      faults.push({ what, overflow, accessibility, collisions });
    };
    arrive({ channel: "sms", text: "482915 is your OneRing code.\nNever share it.\n\n@shop.example #482915" });
    await app(page, "Messages").and(page.locator('[aria-selected="true"]')).waitFor();
    await newest(page).getByText("482915", { exact: true }).waitFor();
    await look("sms");
    arrive({ channel: "whatsapp", text: "*620174* is your verification code." });
    await newest(page).getByRole("button", { name: "Copy code" }).waitFor();
    await newest(page).getByText("620174", { exact: true }).waitFor();
    await look("whatsapp");
    arrive({
      ...{ channel: "email", to: "ana@example.com", from: "verify@onering.example", subject: "Your code is 735028" },
      ...{ text: "Your code is 735028.\nIt is valid for 10 minutes.", html: "<h1>735028</h1>" },
    });
    await newest(page).getByText("Your code is 735028", { exact: true }).waitFor();
    await look("email");
    arrive({ channel: "push", to: "fcm-1", subject: "OneRing", text: "194406 is your code." });
    await newest(page).getByText("194406", { exact: true }).waitFor();
    await look("push");
    const none = { overflow: { pagePx: 0, elements: [] }, accessibility: [], collisions: [] };
    expect(faults).toEqual(faults.map((fault) => ({ ...(fault as { what: string }), ...none })));
  });
});

it("texts are never markup, right-to-left ones stand as they are read, and long ones scroll inside the phone", async () => {
  const { page } = await openAll();
  arrive({ channel: "sms", text: '<img src=x onerror="alert(1)"><b>123456</b>' });
  await newest(page).getByText("<img src=x").waitFor();
  expect(await page.locator("#inbox img").count()).toBe(0);
  arrive({ channel: "sms", text: "رمز التحقق الخاص بك هو 654321. لا تشاركه مع أي شخص." });
  const bubble = newest(page).locator(".bubble");
  await bubble.getByText("654321", { exact: true }).waitFor();
  expect(await bubble.evaluate("getComputedStyle(document.querySelector('#inbox .bubble')).direction")).toBe("rtl");
  arrive({ channel: "sms", text: "x".repeat(3000) });
  await newest(page).getByText("xxx").waitFor();
  expect(await inPage(page, "overflow")).toEqual({ pagePx: 0, elements: [] });
});

it("a mail opens as HTML in a frame that runs no script and loads nothing", async () => {
  const { page, complaints } = await openAll();
  const html = `<h1>Code 246810</h1><script>parent.document.title = "script"</script><img src="${browser.url()}/favicon.svg">`;
  arrive({ channel: "email", to: "ana@example.com", subject: "Code", text: "Code 246810", html });
  await newest(page).getByRole("button", { name: "Open as HTML" }).click();
  await page.frameLocator("#mail").getByRole("heading", { name: "Code 246810" }).waitFor();
  await screenshot(page, "mail-as-html");
  await expect.poll(() => complaints.length).toBe(2);
  expect(complaints.splice(0).sort()).toEqual([
    expect.stringMatching(/^Blocked script execution in '.*\/html'/),
    expect.stringMatching(/^Loading the image '.*favicon\.svg' violates .*"img-src data:"/),
  ]);
  expect(await page.title()).not.toBe("script");
  await page.getByRole("button", { name: "Back", exact: true }).click();
  await newest(page).getByText("Code 246810", { exact: true }).first().waitFor();
});

it("the apps are a list of tabs: arrow keys move, and what arrives is announced", async () => {
  const { page } = await openAll();
  await inPage(page, "record-announcements");
  await app(page, "Recents").focus();
  await page.keyboard.press("ArrowRight");
  await page.locator('#tab-sms:focus[aria-selected="true"]').waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.locator('#tab-calls:focus[aria-selected="true"]').waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.locator('#tab-push:focus[aria-selected="true"]').waitFor();
  arrive({ channel: "sms", text: "111222 is your code." });
  await expect.poll(() => page.evaluate("window.announcements.join()")).toContain("Messages: 111222 is your code.");
});

it("a page that is opened later shows what has arrived", async () => {
  arrive({ channel: "whatsapp", text: "909090 is your code." });
  const { page } = await openAll();
  await app(page, "WhatsApp").click();
  await newest(page).getByText("909090", { exact: true }).waitFor();
});
