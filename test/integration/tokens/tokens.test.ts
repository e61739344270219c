/** Tokens of pages in the whole gateway: two of them on one real Redis, messages in memory, a fake Turnstile over HTTP. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type App, buildApp } from "../../../src/app.ts";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { resolveConfig } from "../../../src/config/load.ts";
import { memoryChannel, memoryProvider } from "../../support/memory-provider.ts";
import { withRuntime } from "../../support/processes.ts";
import { redisContents } from "../../support/redis-contents.ts";
import { openSse } from "../../support/sse-client.ts";
import { leastConfig } from "../../support/test-config.ts";

const { solve } = await import("../../../docs/examples/page-start/proof-of-work.js" as string);
const keys = { shop: "or_key-of-shop", bank: "or_key-of-bank", work: "or_key-of-work" } as const;
const page = "https://shop.example";
const tokenKey = "the-token-key-of-this-test-run-9a8b";
const humanSecret = "0x4AAAAAAA-the-secret-of-the-widget";
const runtime = withRuntime();
const provider = memoryProvider();
const later = memoryProvider();
const gateways: { readonly app: App; readonly url: string }[] = [];
let redis: Redis;
let turnstile: Server;
let humanAnswers: string[] = [];
let log = "";
let phones = 0;
/** All tokens that were made, and answers of pages to human checks. */
const secrets = new Set<string>([tokenKey, humanSecret]);

/** Knows each answer once, as Turnstile does. */
async function startTurnstile(): Promise<number> {
  turnstile = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const form = new URLSearchParams(body);
    const at = humanAnswers.indexOf(form.get("response") ?? "");
    if (at >= 0) humanAnswers.splice(at, 1);
    const good = { success: true, challenge_ts: new Date().toISOString(), hostname: "shop.example", "error-codes": [] };
    const bad = { success: false, "error-codes": ["timeout-or-duplicate"] };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(at >= 0 && form.get("secret") === humanSecret ? good : bad));
  });
  turnstile.listen(0, "127.0.0.1");
  await once(turnstile, "listening");
  return (turnstile.address() as AddressInfo).port;
}

function write(line: string): void {
  log += line;
}

async function startGateway(redisUrl: string, port: number) {
  const document = {
    ...leastConfig(),
    http: { port: 0, shed_at_delay_ms: 10_000, shutdown_linger_ms: 0 },
    redis: { url: redisUrl, command_timeout_ms: 5000 },
    secrets: { ...leastConfig().secrets, token_key: { current: tokenKey, previous: [] } },
    apps: {
      shop: {
        api_keys_sha256: [apiKeyHash(keys.shop)],
        client_tokens: true,
        cors_origins: [page],
        human_check: "shop",
      },
      bank: {
        api_keys_sha256: [apiKeyHash(keys.bank)],
        ...{ cors_origins: ["https://bank.example"], allowed_countries: ["GB", "FR"], denied_prefixes: ["+4479"] },
      },
      work: { api_keys_sha256: [apiKeyHash(keys.work)], human_check: "work" },
    },
    human_checks: {
      shop: {
        provider: "turnstile",
        secret: humanSecret,
        url: `http://127.0.0.1:${port}/siteverify`,
        allow_private: true,
      },
      work: { provider: "proof_of_work", bits: 10 },
    },
    verification: { start_gap_seconds: 0, starts_per_callee_per_hour: 50 },
    calls: { drain_ms: 100 },
  };
  const app = await buildApp(resolveConfig({ name: "test", document, env: {} }), {
    logger: pino({ level: "debug" }, { write }),
    extraMessageChannels: [memoryChannel(provider), memoryChannel(later, "second")],
  });
  return { app, url: (await app.start()).url };
}

beforeAll(async () => {
  const { url } = await runtime.redis();
  redis = new Redis(url);
  const port = await startTurnstile();
  gateways.push(await startGateway(url, port), await startGateway(url, port));
});
beforeEach(() => {
  humanAnswers = [];
});
afterAll(async () => {
  for (const { app } of gateways) await app.stop();
  await redis.quit();
  turnstile.close();
});

async function ask(
  token: string,
  method: string,
  path: string,
  body?: object,
  headers: Record<string, string> = {},
  at = 0,
) {
  const response = await fetch(`${gateways[at % gateways.length]?.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  // biome-ignore lint/suspicious/noExplicitAny: assertions say what it holds
  const json: any = await response.json();
  if (typeof json.token === "string") secrets.add(json.token);
  return { status: response.status, json, headers: response.headers };
}

const phone = () => `+4474001${String(phones++).padStart(5, "0")}`;
const byMessage = (body: object = {}) => ({ to: phone(), channel: "memory", ...body });

async function startToken(key: string, body: object = { channel: "memory" }) {
  const made = await ask(key, "POST", "/v1/start-tokens", body);
  expect(made.status).toBe(201);
  return made.json as { token: string; human_check: { challenge: string; bits: number } | null };
}

function human(): string {
  const answer = `0.human-answer-${Math.random()}`;
  humanAnswers.push(answer);
  secrets.add(answer);
  return answer;
}

const codeOf = (to: string) => {
  const message = provider.sent.findLast((one) => one.to === to);
  const code = /\d{6}/.exec(JSON.stringify(message?.text ?? message))?.[0];
  if (code === undefined) throw new Error(`no code in ${JSON.stringify(message)}`);
  return code;
};

describe("a client token", () => {
  test("checks, watches and ends its own verification at any gateway, and none of another", async () => {
    const one = await ask(keys.shop, "POST", "/v1/verifications", byMessage({ reference: "user 4711" }));
    const two = await ask(keys.shop, "POST", "/v1/verifications", byMessage());
    expect([one.status, two.status]).toEqual([201, 201]);
    const path = `/v1/verifications/${one.json.id}`;
    const stream = await openSse(`${gateways[1]?.url}${path}/events`, { key: one.json.token });
    expect(stream.headers["access-control-allow-origin"]).toBeUndefined();
    for (const [method, route] of [
      ["GET", ""],
      ["POST", "/check"],
      ["POST", "/resend"],
      ["POST", "/cancel"],
    ] as const) {
      const body = route === "/check" ? { code: "000000" } : undefined;
      const foreign = await ask(two.json.token, method, path + route, body, {}, 1);
      expect([foreign.status, foreign.json.code]).toEqual([404, "verification_not_found"]);
    }
    const code = codeOf(one.json.to);
    const wrong = await ask(one.json.token, "POST", `${path}/check`, { code: code === "123456" ? "123457" : "123456" });
    expect(wrong.json).toMatchObject({ valid: false, checks_left: 2 });
    const right = await ask(one.json.token, "POST", `${path}/check`, { code }, {}, 1);
    expect(right.json).toMatchObject({ valid: true, status: "verified" });
    expect(await stream.ended).toBe(true);
    const types = stream.events.map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(["verification.started", "verification.ended"]);
    expect(stream.text).not.toContain("4711");
    expect(stream.text).toContain('"reference":null');
    const read = await ask(one.json.token, "GET", path);
    expect(read.json).toMatchObject({ status: "verified", proof: { value: one.json.to }, reference: null });
    expect(read.json).not.toHaveProperty("token");
    expect((await ask(one.json.token, "POST", `${path}/resend`)).json.code).toBe("verification_ended");
  });

  test("is a sign of a person: a step by waiting that costs money begins once its page reads", async () => {
    const workflow = [{ channel: "memory", wait_seconds: 1 }, { channel: "second" }];
    const { json } = await ask(keys.shop, "POST", "/v1/verifications", { to: phone(), workflow });
    const isSent = () => later.sent.some(({ to }) => to === json.to);
    // The step is due, and nobody has asked.
    await expect
      .poll(async () => (await redisContents(redis, `*v:${json.id}`)).map(({ content }) => content).join(), {
        timeout: 5000,
      })
      .toContain('"waiting":true');
    expect(isSent()).toBe(false);
    expect((await ask(json.token, "GET", `/v1/verifications/${json.id}`)).status).toBe(200);
    await expect.poll(isSent, { timeout: 10_000 }).toBe(true);
  });

  test("has four streams of its verification on a gateway, and takes none from its app", async () => {
    const { json } = await ask(keys.shop, "POST", "/v1/verifications", byMessage());
    const open = () => openSse(`${gateways[0]?.url}/v1/verifications/${json.id}/events`, { key: json.token });
    const streams = [await open(), await open(), await open(), await open()];
    const fifth = await open();
    expect([...streams, fifth].map(({ status }) => status)).toEqual([200, 200, 200, 200, 429]);
    for (const stream of [...streams, fifth]) stream.close();
    await expect.poll(async () => (await open()).status).toBe(200);
    await ask(json.token, "POST", `/v1/verifications/${json.id}/cancel`);
  });

  test("is the same for a repeated start", async () => {
    const body = byMessage();
    const once = { "idempotency-key": "one start" };
    const [first, second] = [
      await ask(keys.shop, "POST", "/v1/verifications", body, once),
      await ask(keys.shop, "POST", "/v1/verifications", body, once, 1),
    ];
    expect([second.json.id, second.json.token]).toEqual([first.json.id, first.json.token]);
    await ask(first.json.token, "POST", `/v1/verifications/${first.json.id}/cancel`);
    const late = await ask(keys.shop, "POST", "/v1/verifications", body, once);
    expect([late.json.id, late.json.status, late.json.token]).toEqual([first.json.id, "canceled", undefined]);
  });
});

describe("a start token", () => {
  test("used by 50 requests at once, at two gateways, begins one verification", async () => {
    const { token } = await startToken(keys.bank);
    const before = provider.sent.length;
    const bodies = Array.from({ length: 50 }, () => ({ to: phone() }));
    const answers = await Promise.all(bodies.map((body, i) => ask(token, "POST", "/v1/verifications", body, {}, i)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ json }) => json.code === "unauthorized")).toHaveLength(49);
    expect(provider.sent.length - before).toBe(1);
  });

  test("repeated 50 times at once with one Idempotency-Key leads to one verification", async () => {
    const { token } = await startToken(keys.bank);
    const before = provider.sent.length;
    const body = { to: phone() };
    const once = { "idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324" };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => ask(token, "POST", "/v1/verifications", body, once, i)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect(provider.sent.length - before).toBe(1);
    const other = await ask(token, "POST", "/v1/verifications", { to: phone() }, once);
    expect(other.json.code).toBe("unauthorized");
    expect((await ask(token, "POST", "/v1/verifications", body)).status).toBe(401);
  });

  test("asks about five numbers that are refused, though its requests are repeated with one Idempotency-Key", async () => {
    const { token } = await startToken(keys.bank);
    const once = { "idempotency-key": "double click" };
    const codes: string[] = [];
    for (let i = 0; i < 10; i++) {
      const body = { to: `+44 ${i}` };
      const both = await Promise.all([0, 1].map((at) => ask(token, "POST", "/v1/verifications", body, once, at)));
      codes.push(...both.map(({ json }) => json.code));
    }
    const refused = codes.filter((code) => code.startsWith("number_"));
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused.length).toBeLessThanOrEqual(10);
    expect(new Set(codes.slice(10))).toEqual(new Set(["unauthorized"]));
  });

  test("survives a typo, and has no key of the backend's", async () => {
    const { token } = await startToken(keys.bank);
    const typo = await ask(token, "POST", "/v1/verifications", { to: "+44 1" });
    expect(typo.json.code).toMatch(/^number_/);
    const body = byMessage();
    const theirs = await ask(keys.bank, "POST", "/v1/verifications", body, { "idempotency-key": "guessed" });
    const own = await ask(token, "POST", "/v1/verifications", body, { "idempotency-key": "guessed" });
    expect(own.status).toBe(201);
    expect(own.json.id).not.toBe(theirs.json.id);
  });

  test("keeps within the bounds of its app, and of what the backend fixed", async () => {
    const refusal = async (body: object, to: string) => {
      const { token } = await startToken(keys.bank, { channel: "memory", ...body });
      const { status, json } = await ask(token, "POST", "/v1/verifications", { to });
      return status === 201 ? "begun" : json.code;
    };
    const byKey = async (to: string) =>
      (await ask(keys.bank, "POST", "/v1/verifications", { to, channel: "memory" })).json.code;
    expect(await refusal({}, "+447911123456")).toBe(await byKey("+447911123456"));
    expect(await byKey("+447911123456")).toBeDefined();
    expect(await refusal({}, "+4915123456789")).toBe("country_not_allowed");
    expect(await refusal({ countries: ["FR", "DE"] }, phone())).toBe("country_not_allowed");
    expect(await refusal({ countries: ["FR", "DE"] }, "+4915123456789")).toBe("country_not_allowed");
    expect(await refusal({ countries: ["gb"] }, phone())).toBe("begun");
  });

  test("needs the human check of its app; each answer passes once", async () => {
    const { token } = await startToken(keys.shop);
    const missing = await ask(token, "POST", "/v1/verifications", { to: phone() }, { origin: page });
    expect([missing.status, missing.json.code]).toEqual([403, "human_check_failed"]);
    expect(missing.headers.get("access-control-allow-origin")).toBe(page);
    const answer = human();
    const started = await ask(
      token,
      "POST",
      "/v1/verifications",
      { to: phone(), human_check: answer },
      { origin: page },
    );
    expect(started.status).toBe(201);
    const next = await startToken(keys.shop);
    const again = await ask(next.token, "POST", "/v1/verifications", { to: phone(), human_check: answer });
    expect(again.json.detail).toContain("timeout-or-duplicate");
  });

  test("repeated while its human check is in progress does not get around it", async () => {
    const { token } = await startToken(keys.shop);
    const before = provider.sent.length;
    const once = { "idempotency-key": "bot" };
    const body = { to: phone(), human_check: "0.no-answer" };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => ask(token, "POST", "/v1/verifications", body, once, i)),
    );
    expect(answers.map(({ json }) => json.code).filter((code) => code === undefined)).toEqual([]);
    expect(provider.sent.length).toBe(before);
  });

  test("with a proof of work: solved by the page's script, for this token alone", async () => {
    const { token, human_check: task } = await startToken(keys.work);
    const solution: string = await solve(task);
    const other = await startToken(keys.work);
    const stolen = await ask(other.token, "POST", "/v1/verifications", { to: phone(), human_check: solution });
    expect([stolen.status, stolen.json.code]).toEqual([403, "human_check_failed"]);
    const started = await ask(token, "POST", "/v1/verifications", { to: phone(), human_check: solution });
    expect(started.status).toBe(201);
    expect((await ask(token, "POST", "/v1/verifications", { to: phone(), human_check: solution })).status).toBe(401);
  });
});

test("pages of an app use its tokens, pages of another do not, whatever the preflight said", async () => {
  const { token } = await startToken(keys.bank);
  const preflight = await fetch(`${gateways[0]?.url}/v1/verifications`, {
    method: "OPTIONS",
    headers: { origin: page, "access-control-request-method": "POST" },
  });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, page]);
  const foreign = await ask(token, "POST", "/v1/verifications", { to: phone() }, { origin: page });
  expect([foreign.status, foreign.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  const own = await ask(token, "POST", "/v1/verifications", { to: phone() }, { origin: "https://bank.example" });
  expect([own.status, own.headers.get("access-control-allow-origin")]).toEqual([201, "https://bank.example"]);
});

test("no token, key or answer of a human check is in a log or in Redis", async () => {
  const kept = (await redisContents(redis)).map(({ key, content }) => `${key} ${content}`).join("\n");
  const uses = (await redisContents(redis, "{t*")).map(({ ttlMs }) => ttlMs);
  expect(uses.length).toBeGreaterThan(5);
  expect(Math.min(...uses)).toBeGreaterThan(0);
  expect(Math.max(...uses)).toBeLessThanOrEqual(660_000);
  expect(secrets.size).toBeGreaterThan(20);
  for (const secret of secrets) {
    // The signature of a token is what makes it one.
    const part = secret.startsWith("ort_") ? secret.slice(-43) : secret;
    expect(log.includes(part), `${secret.slice(0, 12)} in the log`).toBe(false);
    expect(kept.includes(part), `${secret.slice(0, 12)} in Redis`).toBe(false);
  }
  expect(`${log}${kept}`).not.toContain("ort_");
});
