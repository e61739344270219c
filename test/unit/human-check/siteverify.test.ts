/** siteverify of Turnstile, hCaptcha and reCAPTCHA, by their documented requests and answers, over real HTTP. */

import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { HumanCheckConfig, HumanCheckProvider } from "../../../src/human-check/config.ts";
import { createHumanChecks } from "../../../src/human-check/index.ts";
import { services } from "../../../src/human-check/services.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { liveView } from "../../../src/shared/live-view.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

const secret = "0x4AAAAAAA-the-secret-of-the-widget";
const answer = "0.the-answer-of-the-widget";
const about = { challenge: "", ip: "192.0.2.7", hostnames: ["shop.example"] };
const passed = { success: true, challenge_ts: "2026-03-01T12:00:00Z", hostname: "shop.example" };

interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly form: URLSearchParams;
  readonly url: string;
}

/** @param reply what the service answers; null: nothing, ever */
async function service(
  provider: Exclude<HumanCheckProvider, "proof_of_work">,
  reply: unknown,
  own: Partial<HumanCheckConfig> = {},
  status = 200,
) {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    asked.push({ headers: request.headers, form: new URLSearchParams(body), url: request.url ?? "" });
    if (reply === null) return;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof reply === "string" ? reply : JSON.stringify(reply));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const log: string[] = [];
  const url = `http://127.0.0.1:${port}${new URL(services[provider].url).pathname}`;
  const config: HumanCheckConfig = {
    ...{ provider, secret, url, allow_private: true, send_ip: true, deadline_ms: 1000, bits: 18, on_failure: "closed" },
    ...own,
  };
  const logger = createLogger({ level: "debug" }, { stream: { write: (line: string) => void log.push(line) } });
  const checks = createHumanChecks({ config: { check: config }, clock: systemClock, random: cryptoRandom, logger });
  onTestFinished(() => {
    checks.close();
    server.closeAllConnections();
    server.close();
  });
  const check = checks.find("check");
  if (check === null) throw new Error("no check");
  const verify = (hostnames = about.hostnames) => check.verify(answer, { ...about, hostnames });
  return { check, verify, asked, log: () => log.join("") };
}

test("the addresses are the documented ones", () => {
  expect(Object.entries(services).map(([name, { url }]) => `${name} ${url}`)).toEqual([
    "turnstile https://challenges.cloudflare.com/turnstile/v0/siteverify",
    "hcaptcha https://api.hcaptcha.com/siteverify",
    "recaptcha https://www.google.com/recaptcha/api/siteverify",
    "recaptcha_v3 https://www.google.com/recaptcha/api/siteverify",
  ]);
});

test("asks by a form with secret, response and remoteip, and hCaptcha for its site key", async () => {
  const turnstile = await service(
    "turnstile",
    { ...passed, "error-codes": [], action: "", cdata: "" },
    { site_key: "0x4" },
  );
  expect(await turnstile.verify()).toEqual({ kind: "passed" });
  const [asked] = turnstile.asked;
  expect(asked?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(asked?.url).toBe("/turnstile/v0/siteverify");
  expect(Object.fromEntries(asked?.form ?? [])).toEqual({ secret, response: answer, remoteip: "192.0.2.7" });
  const hcaptcha = await service("hcaptcha", { ...passed, credit: false }, { site_key: "10000000", send_ip: false });
  expect(await hcaptcha.verify()).toEqual({ kind: "passed" });
  expect(Object.fromEntries(hcaptcha.asked[0]?.form ?? [])).toEqual({ secret, response: answer, sitekey: "10000000" });
});

test.each([
  ["turnstile", "timeout-or-duplicate"],
  ["turnstile", "invalid-input-response"],
  ["turnstile", "missing-input-response"],
  ["hcaptcha", "invalid-or-already-seen-response"],
  ["hcaptcha", "expired-input-response"],
  ["hcaptcha", "not-using-dummy-passcode"],
  ["recaptcha", "timeout-or-duplicate"],
  ["recaptcha_v3", "invalid-input-response"],
] as const)("%s: %s fails", async (provider, code) => {
  const { verify, log } = await service(provider, { success: false, "error-codes": [code] });
  expect(await verify()).toEqual({ kind: "failed", why: code });
  expect(log()).not.toContain('"level":"error"');
});

test("a hostname, an action or a score that does not fit fails", async () => {
  const other = await service("turnstile", { ...passed, hostname: "evil.example" });
  expect(await other.verify()).toEqual({ kind: "failed", why: "other_hostname" });
  expect(await other.verify([])).toEqual({ kind: "passed" });
  const listed = await service("turnstile", { ...passed, hostname: "Evil.example" }, { hostnames: ["evil.example"] });
  expect(await listed.verify()).toEqual({ kind: "passed" });
  const none = await service("recaptcha", { success: true });
  expect(await none.verify()).toEqual({ kind: "failed", why: "other_hostname" });
  const android = await service(
    "recaptcha",
    { success: true, apk_package_name: "example.shop" },
    { hostnames: ["example.shop"] },
  );
  expect(await android.verify()).toEqual({ kind: "passed" });
  const action = await service("turnstile", { ...passed, action: "login" }, { action: "sign-up" });
  expect(await action.verify()).toEqual({ kind: "failed", why: "other_action" });
  const scored = (score: number, own = {}) => service("recaptcha_v3", { ...passed, score, action: "start" }, own);
  expect(await (await scored(0.5)).verify()).toEqual({ kind: "passed" });
  expect(await (await scored(0.4)).verify()).toEqual({ kind: "failed", why: "low_score" });
  expect(await (await scored(0.4, { min_score: 0.3, action: "start" })).verify()).toEqual({ kind: "passed" });
  expect(await (await scored(0.9, { action: "other" })).verify()).toEqual({ kind: "failed", why: "other_action" });
});

test.each([
  ["a wrong secret", "turnstile", { success: false, "error-codes": ["invalid-input-secret"] }],
  ["no secret", "hcaptcha", { success: false, "error-codes": ["missing-input-secret"] }],
  ["a site key of another account", "hcaptcha", { success: false, "error-codes": ["sitekey-secret-mismatch"] }],
  ["keys of reCAPTCHA v2", "recaptcha_v3", passed],
] as const)(
  "%s refuses everybody, also with on_failure open, and is an error in the log",
  async (_name, provider, reply) => {
    const { verify, log } = await service(provider, reply, { on_failure: "open" });
    expect(await verify()).toEqual({ kind: "failed", why: "misconfigured" });
    expect(log()).toContain('"level":"error"');
    expect(log()).not.toContain(secret);
    expect(log()).not.toContain(answer);
  },
);

test.each([
  ["an internal error of the service", { success: false, "error-codes": ["internal-error"] }, 200, "internal-error"],
  ["a status of 500", { success: true }, 500, "http_500"],
  ["too many requests", { success: true }, 429, "http_429"],
  ["a page instead of JSON", "<html>sorry</html>", 200, "http_200"],
] as const)("%s is no verdict", async (_name, reply, status, why) => {
  const { verify } = await service("turnstile", reply, {}, status);
  expect(await verify()).toEqual({ kind: "unavailable", why });
});

test.each([
  ["an answer that a firewall refuses", "0.<script>' or 1=1", 403, 0, "malformed"],
  ["an answer with a blank", "0.a b", 403, 0, "malformed"],
  ["an answer that is too long for the service", "0".repeat(8000), 413, 4, "http_413"],
] as const)(
  "%s is no failure of the service: it passes nobody, and closes nothing for others",
  async (_name, sent, status, asks, why) => {
    const { check, asked } = await service("hcaptcha", "<html>no</html>", { on_failure: "open" }, status);
    for (let i = 0; i < 4; i++) expect(await check.verify(sent, about)).toEqual({ kind: "failed", why });
    expect(asked).toHaveLength(asks);
  },
);

test("a service that does not answer is given up at the deadline, and left alone after three", async () => {
  const { verify, asked } = await service("turnstile", null, { deadline_ms: 100 });
  for (let i = 0; i < 3; i++) expect(await verify()).toEqual({ kind: "unavailable", why: "timeout" });
  expect(await verify()).toEqual({ kind: "unavailable", why: "down" });
  expect(asked).toHaveLength(3);
});

test("a change of the configuration holds for the next start", async () => {
  let present: Record<string, HumanCheckConfig> = {};
  const config = liveView(() => present);
  const logger = createLogger({ level: "silent" });
  const checks = createHumanChecks({ config, clock: systemClock, random: cryptoRandom, logger });
  expect(checks.find("work")).toBeNull();
  const common = { on_failure: "closed", deadline_ms: 100, send_ip: true, allow_private: false } as const;
  const work = { ...common, provider: "proof_of_work" } as const;
  present = { work: { ...work, bits: 8 } };
  const first = checks.find("work");
  expect([first?.task("a").bits, checks.find("work")]).toEqual([8, first]);
  present = { work: { ...work, bits: 9 } };
  expect(checks.find("work")?.task("a").bits).toBe(9);
  present = {};
  expect([checks.find("work"), checks.find("constructor")]).toEqual([null, null]);
});

test("an answer that is being checked gets its verdict, though the check's settings change meanwhile", async () => {
  const { promise: asked, resolve: ask } = deferred<() => void>();
  const server = createServer((_request, response) => {
    ask(
      () => void response.setHeader("content-type", "application/json").end('{"success":false,"error-codes":["bad"]}'),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/siteverify`;
  const common = { on_failure: "open", send_ip: true, allow_private: true, bits: 18 } as const;
  let present: Record<string, HumanCheckConfig> = {
    check: { ...common, provider: "turnstile", secret, url, deadline_ms: 5000 },
  };
  const config = liveView(() => present);
  const logger = createLogger({ level: "silent" });
  const checks = createHumanChecks({ config, clock: systemClock, random: cryptoRandom, logger });
  onTestFinished(() => {
    checks.close();
    server.closeAllConnections();
    server.close();
  });
  const verdict = checks.find("check")?.verify(answer, about);
  const reply = await asked;
  present = { check: { ...common, provider: "turnstile", secret, url, deadline_ms: 4000 } };
  expect(checks.find("check")).not.toBeNull();
  reply();
  // Without one it would pass.
  expect(await verdict).toEqual({ kind: "failed", why: "bad" });
});

test("what a service answers beside codes goes nowhere", async () => {
  const { verify } = await service("turnstile", { success: false, "error-codes": ["<script>", 7, `x ${secret}`] });
  expect(await verify()).toEqual({ kind: "failed", why: "not_successful" });
});
