/** The page follows its verification by the live stream that apps have, not by asking again and again. */
import { afterEach, expect, it } from "vitest";
import { call, newestDigits, withBrowser } from "./browser.ts";

const browser = withBrowser();
afterEach(() => browser.closeAll());

const isStream = (url: string) => /\/v1\/verifications\/v[^/]+\/events$/.test(url);
const isStart = (url: string) => url.endsWith("/v1/verifications");
const isRead = (url: string) => /\/v1\/verifications\/v[^/]+$/.test(url);

it("reads the state when an event comes, and never by the clock", async () => {
  const { page } = await browser.open({}, (opening) => opening.clock.install());
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  const streamed = page.waitForResponse((response) => isStream(response.url()));
  const number = await call(page, browser.freshNumber());
  const stream = await streamed;
  expect([stream.status(), stream.headers()["content-type"]]).toEqual([200, "text/event-stream; charset=utf-8"]);
  expect((await stream.request().allHeaders()).authorization).toBe("Bearer sandbox-key");

  const digits = await newestDigits(page, number);
  await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
  const reads = urls.filter(isRead).length;
  // Calling, ringing, rung, and the end of the call: an event each.
  expect(reads).toBeLessThanOrEqual(6);
  await page.clock.runFor(60_000);
  // The end of the call may come meanwhile.
  expect(urls.filter(isRead).length - reads).toBeLessThanOrEqual(1);
  expect(urls.filter(isStream).length).toBe(1);

  await page.getByLabel("Last digits of the caller ID").fill(digits);
  await page.keyboard.press("Enter");
  await page.locator("#result.good", { hasText: "Verified" }).waitFor();
});

it("goes on after its connection broke, from the last event on", async () => {
  let cut = true;
  const { page } = await browser.open({}, async (opening) => {
    await opening.route("**/v1/verifications/*/events", async (route) => {
      if (!cut) return route.continue();
      cut = false;
      // What a gateway that is replaced leaves: the stream ends after its first event.
      const body = 'retry: 300\n\nid: 1\nevent: verification.started\ndata: {"type":"verification.started"}\n\n';
      await route.fulfill({ status: 200, contentType: "text/event-stream", body });
    });
  });
  const again = page.waitForRequest((request) => isStream(request.url()) && "last-event-id" in request.headers());
  const number = await call(page, browser.freshNumber());
  expect((await again).headers()["last-event-id"]).toBe("1");
  await newestDigits(page, number);
  await page.locator('#timeline [aria-current="step"]', { hasText: "rung" }).waitFor();
});

it("follows what happens elsewhere: canceled in a terminal, it ends on the page", async () => {
  const { page } = await browser.open();
  // Not just any stream: a page that opens follows the newest verification, an earlier test's, until it starts its own.
  const started = page.waitForResponse((response) => response.request().method() === "POST" && isStart(response.url()));
  await call(page, browser.freshNumber());
  const { id } = await (await started).json();
  const path = `${browser.url()}/v1/verifications/${id}/cancel`;
  const headers = { authorization: "Bearer sandbox-key" };
  expect((await fetch(path, { method: "POST", headers })).status).toBe(200);
  await page.locator("#result", { hasText: "Canceled" }).waitFor();
});
