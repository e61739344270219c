import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterEach, expect, it } from "vitest";
import { call, newestDigits, rings, withBrowser } from "./browser.ts";

const browser = withBrowser({ ringMs: 3000 });
afterEach(() => browser.closeAll());

/** Pastes a command into a shell, as a person would. @returns the JSON that it printed */
async function paste(command: string) {
  const { stdout, stderr } = await promisify(execFile)("bash", ["-c", command], { timeout: 10_000 });
  expect(stderr).toBe("");
  return JSON.parse(stdout);
}

const command = (page: Page, title: string) => page.getByRole("region", { name: `Command: ${title}` });
/** What the command is once it can be used. */
async function ready(page: Page, title: string): Promise<string> {
  const line = command(page, title).filter({ hasText: /^curl / });
  return (await line.textContent()) ?? "";
}

it("the whole conversation works by pasting the commands in order, and the page follows it", async () => {
  const { page } = await browser.open();
  const number = browser.freshNumber();
  await page.getByLabel("Phone number").fill(number);

  const started = await paste(await ready(page, "Ring the number"));
  expect(started).toMatchObject({ status: "pending", to: number.replaceAll(" ", ""), checks_left: 3 });
  await rings(page, number);

  const read = await paste(await ready(page, "Read the status"));
  expect(read).toMatchObject({ id: started.id, status: "sending", delivery: { state: "ringing" } });

  const digits = await newestDigits(page, number);
  const [seen] = await paste(await ready(page, "Read the phone's call log (sandbox only)"));
  expect(seen).toMatchObject({ to: number.replaceAll(" ", ""), caller_id: `+3363998${digits}`, state: "missed" });

  const checked = await paste(await ready(page, "Check the code"));
  const proof_token = expect.stringMatching(/^eyJ/);
  expect(checked).toEqual({ id: started.id, status: "verified", valid: true, checks_left: 2, proof_token });
  await page.locator("#result.good", { hasText: "Verified" }).waitFor();
});

it("commands carry the verification that the page started", async () => {
  const { page } = await browser.open();
  expect(await command(page, "Read the status").textContent()).toBe("# available once a verification was started");
  const number = await call(page, browser.freshNumber());
  await newestDigits(page, number);
  const checked = await paste(await ready(page, "Check the code"));
  expect(checked).toMatchObject({ status: "verified", valid: true });
});

it("what the button copies is what stands there", async () => {
  const { page } = await browser.open({ permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByRole("button", { name: "Copy: Ring the number" }).click();
  await page.getByRole("status").filter({ hasText: "Copied" }).waitFor();
  const copied = await page.evaluate("navigator.clipboard.readText()");
  expect(copied).toBe(await ready(page, "Ring the number"));
  expect(copied).toContain(browser.url());
});
