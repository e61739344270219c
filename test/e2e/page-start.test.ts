/** docs/examples/page-start as its users see it: a page that starts by a token and a proof of work, against a real sandbox. */
import path from "node:path";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { freePort } from "../../src/local/process/free-port.ts";
import { findTestPrograms } from "../support/fetch/programs.ts";
import { inPage } from "./browser.ts";
import { examples, withExamples } from "./example-world.ts";

const world = withExamples(27_000);
const waitMs = 60_000;
let browser: Browser;
let url: string;

/** An app for this page alone: its key, and a proof of work. */
async function makeApp(origin: string): Promise<string> {
  async function admin(route: string, body: object) {
    const response = await fetch(`${world.url()}/v1/admin${route}`, {
      method: "POST",
      headers: { authorization: "Bearer sandbox-operator-key", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(201);
    return (await response.json()) as { key?: string };
  }
  await admin("/apps", { name: "page", cors_origins: [origin], human_check: "proof_of_work" });
  return (await admin("/apps/page/keys", { scopes: ["verify"] })).key ?? "";
}

beforeAll(async () => {
  const program = (await findTestPrograms()).chromium;
  if (!program) throw new Error("no Chromium: run `npm run runtime -- --for-tests`");
  const env = { ...process.env, ...program.env };
  browser = await chromium.launch({ executablePath: program.command, env, args: ["--no-sandbox", "--disable-gpu"] });
  const port = await freePort("tcp");
  url = `http://127.0.0.1:${port}`;
  const own = { PORT: String(port), ONERING_KEY: await makeApp(url) };
  const server = world.run(process.execPath, [path.join(examples, "page-start/server.mjs")], own);
  await vi.waitUntil(() => server.output().includes(`listening on ${url}`), { timeout: waitMs });
});
afterAll(() => browser?.close());

it("starts with a proof of work, follows the call live, and signs in with its digits", async () => {
  const page = await browser.newPage({ viewport: { width: 320, height: 640 } });
  page.setDefaultTimeout(waitMs);
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  await page.goto(url);
  const to = world.freshNumber();
  await page.getByLabel("Your mobile number").fill(to);
  await page.getByRole("button", { name: "Ring me" }).click();
  const digits = await world.shownDigits(to);
  await page.locator("#progress", { hasText: "You have a missed call" }).waitFor();
  expect(await inPage(page, "overflow")).toEqual({ pagePx: 0, elements: [] });
  await page.getByLabel("The last 4 digits").fill(digits === "0000" ? "0001" : "0000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("#error", { hasText: "These are not the digits" }).waitFor();
  await page.getByLabel("The last 4 digits of the number that called (tries left: 2)").fill(digits);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("#done", { hasText: `You are signed in as ${to}.` }).waitFor();
  expect(errors).toEqual([]);
  expect(urls.filter((each) => each.startsWith(world.url())).length).toBeGreaterThan(4);
  expect(urls.join()).not.toContain("ort_");
});

it("another visitor's verification signs nobody in", async () => {
  const { token, human_check: task } = (await (await visit("start-token", {})).json()) as {
    token: string;
    human_check: { challenge: string; bits: number };
  };
  const { solve } = await import("../../docs/examples/page-start/proof-of-work.js" as string);
  const to = world.freshNumber();
  const ask = async (bearer: string, route: string, body: object) => {
    const headers = { authorization: `Bearer ${bearer}`, "content-type": "application/json" };
    const response = await fetch(`${world.url()}/v1/verifications${route}`, {
      ...{ method: "POST", headers, body: JSON.stringify(body) },
    });
    return (await response.json()) as { id: string; token: string; valid: boolean };
  };
  const { id, token: client } = await ask(token, "", { to, human_check: await solve(task) });
  expect(await ask(client, `/${id}/check`, { code: await world.shownDigits(to) })).toMatchObject({ valid: true });
  // Without the cookie of the visitor whom the start token was made for.
  expect((await visit("finish", { id })).status).toBe(502);
});

function visit(action: string, body: object): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`${url}/${action}`, { method: "POST", headers, body: JSON.stringify(body) });
}
