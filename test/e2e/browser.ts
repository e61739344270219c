/** A really started sandbox and a real Chromium, for one test file. */

import { readFile } from "node:fs/promises";
import path from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { runtimeDir } from "../../src/local/fetch/paths.ts";
import { createLogger } from "../../src/observability/log.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/start.ts";
import { findTestPrograms } from "../support/fetch/programs.ts";

export const desktop = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

/** Port 0 takes any free one. */
const env = {
  ONERING_HTTP_PORT: "0",
  ONERING_CALLS_SETUP_LIMIT_MS: "2500",
  ONERING_CALLS_SECOND_CALL_GAP_MS: "1000",
};
/** Ends before the test does, so that a failure names what was waited for. */
const waitMs = 60_000;
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export interface Opened {
  readonly page: Page;
  /** Script errors, blocked resources, requests to other hosts. */
  readonly complaints: string[];
}

/**
 * Call it at the top of a test file.
 * @param ringMs how long a phone rings: short, to save time; longer where a test does something meanwhile, on a machine that is busy too
 */
export function withBrowser({ ringMs = 1200 }: { readonly ringMs?: number } = {}) {
  let sandbox: Sandbox;
  let browser: Browser;
  let calls = 0;
  const pages: Opened[] = [];

  beforeAll(async () => {
    const programs = await findTestPrograms();
    if (!programs.chromium) throw new Error("no Chromium: run `npm run runtime -- --for-tests`");
    const { command, env: chromiumEnv } = programs.chromium;
    [sandbox, browser] = await Promise.all([
      startSandbox({
        programs,
        env: { ...env, ONERING_CALLS_RING_MS: String(ringMs) },
        logger: createLogger({ level: "silent" }, { sandbox: true }),
      }),
      chromium.launch({ executablePath: command, env: { ...process.env, ...chromiumEnv }, args }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
  });

  return {
    url: () => sandbox.url,
    sandbox: () => sandbox,
    /** A number that rings and that no test has used. */
    freshNumber: () => `+44 7400 12${3000 + calls++}`,
    /** Opens the page; it is ready when this resolves. */
    async open(
      options: BrowserContextOptions = {},
      /** Runs before the page is loaded. */
      prepare: (page: Page) => Promise<void> = async () => undefined,
    ): Promise<Opened> {
      const context = await browser.newContext({ viewport: desktop, reducedMotion: "reduce", ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(waitMs);
      const complaints: string[] = [];
      page.on("console", (message) => {
        // The browser logs by itself what the page handles: an HTTP error status, a request that a test cut off.
        // Playwright's clock runs a script in each frame, and the frame of mails permits none.
        const handled =
          /^(Failed to load resource: (the server responded with a status of (4|503)|net::ERR_FAILED)|Blocked script execution in 'about:blank')/;
        if (message.type() === "error" && !handled.test(message.text())) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("request", (request) => {
        if (!request.url().startsWith(sandbox.url)) complaints.push(`request to ${request.url()}`);
      });
      await prepare(page);
      await page.goto(sandbox.url);
      await page.locator("html[data-ready]").waitFor();
      const opened = { page, complaints };
      pages.push(opened);
      return opened;
    },
    /** Closes all pages; none of them may have complained. */
    async closeAll() {
      for (const { page, complaints } of pages.splice(0)) {
        await page.context().close();
        expect(complaints).toEqual([]);
      }
    },
  };
}

/** A size of the screen, and the colours that the system asks for. */
export interface Look {
  readonly viewport: { readonly width: number; readonly height: number };
  readonly colorScheme: "light" | "dark";
}

/** Shows the page in another look from here on: one verification is then seen in several. */
export async function showAs(page: Page, { viewport, colorScheme }: Look): Promise<void> {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme });
}

/** Types a number and presses the button. @returns the number */
export async function call(page: Page, number: string): Promise<string> {
  await page.getByLabel("Phone number").fill(number);
  await page.getByRole("button", { name: "Ring it once" }).click();
  return number;
}

/** Waits until the phone shows the incoming call to this number. */
export async function rings(page: Page, number: string): Promise<void> {
  await page.locator('#phone[data-screen="ringing"] #call-to', { hasText: number }).waitFor();
}

/** The last digits of the newest call in the phone's log, once it is one to this number and in this state. */
export async function newestDigits(page: Page, number: string, state = "missed"): Promise<string> {
  const line = page.locator(`#log li.newest.${state}`, { hasText: number });
  return (await line.locator("b").textContent()) ?? "";
}

/** A code of the same length that is wrong. */
export function otherThan(code: string): string {
  return code === "0000" ? "0001" : "0000";
}

/** Keeps a picture of the whole page in `.runtime/screenshots`, for people to look at. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const file = `${name.replaceAll(/[^a-z0-9]+/gi, "-")}.png`;
  await page.screenshot({ path: path.join(runtimeDir, "screenshots", file), fullPage: true });
}

/** Runs a script of the folder `in-page` in the page. @returns its last value */
export async function inPage(page: Page, script: string): Promise<unknown> {
  return page.evaluate(await readFile(new URL(`in-page/${script}.js`, import.meta.url), "utf8"));
}
