/** Requests by client tokens and start tokens: what they open, what they see, from which pages. */
import type { FastifyInstance } from "fastify";
import { beforeEach, describe, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { Config } from "../../../src/config/schema.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { delivery, key, otherKey, secretCode, standInVerifications, standing, testServer } from "./support.ts";

const { solve } = await import("../../../docs/examples/page-start/proof-of-work.js" as string);
const page = "https://shop.example";
const otherPage = "https://bank.example";
const number = "+447911123456";
const apps: Config["apps"] = {
  shop: { api_keys_sha256: [apiKeyHash(key)], client_tokens: true, cors_origins: [page] },
  bank: { api_keys_sha256: [apiKeyHash(otherKey)], cors_origins: [otherPage] },
};
const humanChecks: Config["human_checks"] = {
  work: {
    provider: "proof_of_work",
    bits: 8,
    on_failure: "closed",
    deadline_ms: 100,
    send_ip: true,
    allow_private: false,
  },
};

let server: FastifyInstance;
let log: string[];
let clock: ManualClock;
let asked: ReturnType<typeof standInVerifications>["asked"];

async function serve(known: Partial<Verification> = {}, shop: Partial<Config["apps"][string]> = {}) {
  const standIn = standInVerifications(known);
  asked = standIn.asked;
  clock = new ManualClock(standing.createdAtMs);
  ({ server, log } = await testServer({
    ...{ verifications: standIn.verifications, humanChecks, tokenClock: clock },
    apps: { ...apps, shop: { ...apps.shop, ...shop } as Config["apps"][string] },
  }));
}
beforeEach(() => serve());

async function ask(token: string, method: "GET" | "POST" | "DELETE", url: string, body?: object, headers = {}) {
  const answer = await server.inject({
    ...{ method, url },
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }), ...headers },
    ...(body && { payload: JSON.stringify(body) }),
  });
  const isJson = String(answer.headers["content-type"]).includes("json");
  return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: isJson ? answer.json() : null };
}

const start = (token: string, body: object = { to: number }, headers = {}) =>
  ask(token, "POST", "/v1/verifications", body, headers);

async function clientToken(): Promise<string> {
  const { json } = await start(key);
  return json.token;
}

async function startToken(body: object = {}): Promise<string> {
  const { status, json } = await ask(key, "POST", "/v1/start-tokens", body);
  expect(status).toBe(201);
  return json.token;
}

const own = `/v1/verifications/${standing.id}`;
const other = "/v1/verifications/v00ffBBBBBBBBBBBBBBBBBBBBBB";

describe("a client token", () => {
  it("is in the response to a start where the profile or the request says so, and in no other", async () => {
    const token = await clientToken();
    expect(token).toMatch(/^ort_c[\w-]{8}\.[\w-]+\.[\w-]{43}$/);
    expect((await start(key, { to: number, client_token: false })).json).not.toHaveProperty("token");
    expect((await start(otherKey)).json).not.toHaveProperty("token");
    expect((await start(otherKey, { to: number, client_token: true })).json.token).toMatch(/^ort_c/);
    await serve();
    for (const [method, url] of [
      ["GET", own],
      ["POST", `${own}/resend`],
      ["POST", `${own}/cancel`],
    ] as const) {
      expect((await ask(key, method, url)).json).not.toHaveProperty("token");
    }
  });

  it("is the same for a repeated start, and missing once the verification has ended", async () => {
    const one = await start(key, { to: number }, { "idempotency-key": "a" });
    expect((await start(key, { to: number }, { "idempotency-key": "a" })).json.token).toBe(one.json.token);
    await serve();
    await ask(key, "POST", `${own}/cancel`);
  });

  it("reads, checks, delivers again and cancels its own verification", async () => {
    const token = await clientToken();
    expect((await ask(token, "GET", own)).json).toMatchObject({ id: standing.id, status: "pending" });
    expect((await ask(token, "POST", `${own}/resend`, { channel: "call_in" })).status).toBe(200);
    expect((await ask(token, "POST", `${own}/check`, { code: secretCode })).json).toMatchObject({ valid: true });
    expect((await ask(token, "POST", `${own}/cancel`)).json).toMatchObject({ status: "canceled" });
    expect(asked.resends).toEqual(["call_in"]);
  });

  it("is answered as a stranger's for every other verification", async () => {
    const token = await clientToken();
    const routes = [
      ["GET", other],
      ["POST", `${other}/check`],
      ["POST", `${other}/resend`],
      ["POST", `${other}/cancel`],
      ["GET", `${other}/events`],
      ["GET", "/v1/verifications/x"],
    ] as const;
    for (const [method, url] of routes) {
      const body = url.endsWith("check") ? { code: "1234" } : undefined;
      const strange = await ask(otherKey, method, url.replace(other, own), body);
      const answer = await ask(token, method, url, body);
      expect([answer.status, answer.json.code]).toEqual([404, "verification_not_found"]);
      if (!url.endsWith("events")) expect(answer.json.detail).toBe(strange.json.detail);
    }
  });

  it("is refused by every other route, before the body is read", async () => {
    const token = await clientToken();
    const routes = [
      ["POST", "/v1/verifications"],
      ["POST", "/v1/verifications/check"],
      ["POST", "/v1/start-tokens"],
      ["POST", "/v1/numbers/lookup"],
      ["GET", "/v1/events"],
      ["GET", "/v1/webhooks"],
    ] as const;
    for (const [method, url] of routes) {
      const answer = await ask(token, method, url, method === "POST" ? { nonsense: true } : undefined);
      expect([answer.status, answer.json.code]).toEqual([403, "forbidden"]);
    }
  });

  it("sees nothing that is between the app's backend and the operator", async () => {
    const about = { reference: "user 4711", metadata: { plan: "gold" } };
    await serve({ ...about, deliveries: [delivery({ cost: 0.02 })] });
    const { json } = await start(key, { to: number, ...about });
    expect(json).toMatchObject(about);
    const { json: seen } = await ask(json.token, "GET", own);
    expect(seen).toMatchObject({ reference: null, metadata: null, delivery: { cost: null }, to: number });
    expect(JSON.stringify(seen)).not.toMatch(/4711|gold|0\.02/);
  });

  it("ends a minute after its verification, whose end a delivery may move", async () => {
    const token = await clientToken();
    clock.advance(standing.expiresAtMs - standing.createdAtMs + 59_999);
    expect((await ask(token, "GET", own)).status).toBe(200);
    clock.advance(1);
    const late = await ask(token, "GET", own);
    expect([late.status, late.json.code]).toEqual([401, "unauthorized"]);
    expect(late.headers["www-authenticate"]).toContain("invalid_token");
    expect((await ask(token, "GET", `${own}/events`)).status).toBe(401);
  });

  it("ends after an hour in any case", async () => {
    await serve({ expiresAtMs: standing.createdAtMs + 36_000_000 });
    const token = await clientToken();
    clock.advance(3_600_000);
    for (const path of ["", "/check", "/resend", "/cancel"]) {
      expect(
        (await ask(token, path === "" ? "GET" : "POST", own + path, path === "/check" ? { code: "1" } : undefined))
          .status,
      ).toBe(401);
    }
  });

  it("is in no log", async () => {
    const token = await clientToken();
    await ask(token, "GET", own);
    await ask(token, "GET", other);
    await ask(`${token}x`, "GET", own);
    expect(log.join("")).not.toContain(token.slice(14));
    expect(log.join("")).not.toContain("ort_");
  });
});

describe("a start token", () => {
  it("starts once, and the response has a client token", async () => {
    const token = await startToken();
    const started = await start(token);
    expect([started.status, started.json.token.slice(0, 5)]).toEqual([201, "ort_c"]);
    expect((await ask(started.json.token, "GET", own)).status).toBe(200);
    const again = await start(token);
    expect([again.status, again.json.code]).toEqual([401, "unauthorized"]);
    expect(asked.start).toHaveLength(1);
  });

  it("brings what the backend fixed, and shows a page none of it", async () => {
    const fixed = {
      reference: "user 4711",
      metadata: { plan: "gold" },
      client: { session: "s-81723" },
      channel: "call_in",
    };
    const started = await start(await startToken(fixed), { to: number });
    expect(started.json).toMatchObject({ reference: null, metadata: null });
    expect(asked.start[0]?.[1]).toEqual({
      ...{ to: number, channel: "call_in", reference: "user 4711", metadata: { plan: "gold" } },
      // The page's own connection says where the person is.
      ...{ session: "s-81723", ip: "127.0.0.1" },
    });
  });

  it("does not let a page choose what is not its to choose", async () => {
    const cases: readonly (readonly [string, object, object])[] = [
      ["a channel beside the fixed one", { channel: "call_in" }, { to: number, channel: "missed_call" }],
      ["a channel that is not permitted", { channels: ["call_in"] }, { to: number, channel: "missed_call" }],
      ["a channel beside a workflow", { workflow: [{ channel: "call_in" }] }, { to: number, channel: "missed_call" }],
      ["a workflow", {}, { to: number, workflow: [{ channel: "call_in" }] }],
      ["a code", {}, { to: number, code: "1234" }],
      ["a reference", {}, { to: number, reference: "user 1" }],
      ["metadata", {}, { to: number, metadata: { user: "1" } }],
      ["a session", {}, { to: number, client: { session: "s-1" } }],
      ["more calls", {}, { to: number, calls: 2 }],
      ["another locale", { locale: "de" }, { to: number, locale: "fr" }],
    ];
    for (const [what, fixed, body] of cases) {
      const token = await startToken(fixed);
      const answer = await start(token, body);
      expect([what, answer.status, answer.json.code]).toEqual([what, 403, "forbidden"]);
      expect(asked.start).toEqual([]);
      // A refusal leaves it to the person.
      if (what === "a workflow") expect((await start(token)).status).toBe(201);
      asked.start.length = 0;
    }
  });

  it("begins with the first of the permitted channels, and keeps to them afterwards", async () => {
    const token = await startToken({ channels: ["call_in", "sms"] });
    const { json } = await start(token);
    expect(asked.start[0]?.[1]).toMatchObject({ channel: "call_in" });
    const forbidden = await ask(json.token, "POST", `${own}/resend`, { channel: "missed_call" });
    expect([forbidden.status, forbidden.json.code]).toEqual([403, "forbidden"]);
    expect((await ask(json.token, "POST", `${own}/resend`, { channel: "call_in" })).status).toBe(200);
    const narrow = await start(await startToken({ channels: ["sms"] }));
    expect(narrow.json.next_channels).toEqual([]);
  });

  it("only starts", async () => {
    const token = await startToken();
    for (const url of [own, `${own}/events`, "/v1/events"]) expect((await ask(token, "GET", url)).status).toBe(403);
    for (const url of [`${own}/cancel`, "/v1/start-tokens"]) expect((await ask(token, "POST", url)).status).toBe(403);
    expect((await start(token)).status).toBe(201);
  });

  it("is bound to the client's address where the backend names one", async () => {
    const from = (remoteAddress: string) => ({ "x-forwarded-for": remoteAddress });
    ({ server, log } = await testServer({ apps, tokenClock: clock, http: { trust_proxy: ["127.0.0.1"] } }));
    const make = async (ip: string) => {
      const made = await ask(key, "POST", "/v1/start-tokens", { client: { ip } });
      return made;
    };
    const made = await make("192.0.2.7");
    const answer = await start(made.json.token, { to: number }, from("192.0.2.8"));
    expect([answer.status, answer.json.code]).toEqual([403, "forbidden"]);
    expect((await start(made.json.token, { to: number }, from("192.0.2.7"))).status).toBe(201);
    const v6 = await make("2001:db8:1:2::1");
    expect((await start(v6.json.token, { to: number }, from("2001:db8:1:3::1"))).status).toBe(403);
    expect((await start(v6.json.token, { to: number }, from("2001:db8:1:2:a::9"))).status).toBe(201);
  });

  it("expires, and is refused for what cannot be fixed", async () => {
    const token = await startToken({ expires_in: 30 });
    clock.advance(30_000);
    expect((await start(token)).status).toBe(401);
    for (const body of [
      { expires_in: 29 },
      { expires_in: 3601 },
      { code: "1234" },
      { channels: ["call_in"], channel: "sms" },
    ]) {
      expect((await ask(key, "POST", "/v1/start-tokens", body)).status).toBe(400);
    }
    const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, "x".repeat(200)]));
    const long = await ask(key, "POST", "/v1/start-tokens", { metadata });
    expect([long.status, long.json.detail]).toEqual([400, expect.stringContaining("less metadata")]);
  });

  it("of an app that requires a proof of work starts with it alone", async () => {
    await serve({}, { human_check: "work" });
    const { json } = await ask(key, "POST", "/v1/start-tokens", {});
    const { challenge, bits, provider } = json.human_check;
    expect([provider, bits]).toEqual(["proof_of_work", 8]);
    const missing = await start(json.token);
    expect([missing.status, missing.json.code]).toEqual([403, "human_check_failed"]);
    const solution: string = await solve({ challenge, bits });
    const wrong = await start(json.token, { to: number, human_check: "x" });
    expect(wrong.json.detail).toContain("no_number");
    const other = await startToken();
    expect((await start(other, { to: number, human_check: solution })).status).toBe(403);
    expect(asked.start).toEqual([]);
    expect((await start(json.token, { to: number, human_check: solution })).status).toBe(201);
    expect((await start(key)).status).toBe(201);
    expect(log.join("")).not.toContain(challenge);
  });
});

it("no start token is made for an app whose human check is not configured", async () => {
  await serve({}, { human_check: "gone" });
  const { status, json } = await ask(key, "POST", "/v1/start-tokens", {});
  expect([status, json.code]).toEqual([503, "human_check_unavailable"]);
});

describe("pages", () => {
  const preflight = (url: string, origin: string, method = "POST") =>
    server.inject({
      ...{ method: "OPTIONS", url },
      headers: { origin, "access-control-request-method": method, "access-control-request-headers": "authorization" },
    });
  const allowed = (headers: Record<string, unknown>) => headers["access-control-allow-origin"];

  it("of any app are answered before they send a request, on the routes for tokens alone", async () => {
    for (const url of ["/v1/verifications", own, `${own}/check`, `${own}/resend`, `${own}/cancel`, `${own}/events`]) {
      for (const origin of [page, otherPage]) {
        const { statusCode, headers } = await preflight(url, origin);
        expect([statusCode, allowed(headers), headers.vary]).toEqual([204, origin, "Origin"]);
        expect(headers["access-control-allow-headers"]).toBe(
          "authorization, content-type, idempotency-key, last-event-id",
        );
        expect(headers).not.toHaveProperty("access-control-allow-credentials");
      }
      for (const origin of [
        "https://evil.example",
        `${page}.evil.example`,
        "null",
        "https://SHOP.example",
        `${page}:8443`,
      ]) {
        expect(allowed((await preflight(url, origin)).headers)).toBeUndefined();
      }
    }
    for (const url of ["/v1/start-tokens", "/v1/verifications/check", "/v1/events", "/v1/numbers/lookup", "/healthz"]) {
      const { statusCode, headers } = await preflight(url, page);
      expect([statusCode, allowed(headers)]).toEqual([204, undefined]);
    }
    expect((await preflight("/v1/nothing", page)).statusCode).toBe(404);
  });

  it("use the tokens of their own app, and may read its errors", async () => {
    const token = await startToken();
    const foreign = await start(token, { to: number }, { origin: otherPage });
    expect([foreign.status, foreign.json.code, allowed(foreign.headers)]).toEqual([403, "forbidden", undefined]);
    const started = await start(token, { to: number }, { origin: page });
    expect([started.status, allowed(started.headers)]).toEqual([201, page]);
    const { token: client } = started.json;
    const elsewhere = await ask(client, "GET", own, undefined, { origin: otherPage });
    expect([elsewhere.status, allowed(elsewhere.headers)]).toEqual([403, undefined]);
    const wrong = await ask(client, "POST", `${own}/check`, {}, { origin: page });
    expect([wrong.status, allowed(wrong.headers)]).toEqual([400, page]);
    const expired = await ask(`${client}x`, "GET", own, undefined, { origin: page });
    expect([expired.status, allowed(expired.headers)]).toEqual([401, page]);
    const evil = await ask(client, "GET", own, undefined, { origin: "https://evil.example" });
    expect([evil.status, allowed(evil.headers)]).toEqual([403, undefined]);
  });

  it("read why a start or resend is refused while the gateway drains: their request just failed, without Retry-After", async () => {
    const token = await clientToken();
    const waiting = await startToken();
    server.startDraining();
    for (const refused of [
      await start(waiting, { to: number }, { origin: page }),
      await ask(token, "POST", `${own}/resend`, undefined, { origin: page }),
    ]) {
      expect([refused.status, refused.json.code, refused.headers["retry-after"]]).toEqual([503, "capacity", "5"]);
      expect([allowed(refused.headers), refused.headers.vary]).toEqual([page, "Origin"]);
      expect(refused.headers["access-control-expose-headers"]).toContain("retry-after");
    }
    const evil = await start(waiting, { to: number }, { origin: "https://evil.example" });
    expect([evil.status, allowed(evil.headers)]).toEqual([503, undefined]);
    const asked = await preflight("/v1/verifications", page);
    expect([asked.statusCode, allowed(asked.headers), asked.headers.connection]).toEqual([204, page, "close"]);
  });

  it("do not read what was asked by another app's key", async () => {
    const answer = await ask(key, "GET", own, undefined, { origin: otherPage });
    expect([answer.status, allowed(answer.headers)]).toEqual([200, undefined]);
    expect(allowed((await ask(key, "GET", own, undefined, { origin: page })).headers)).toBe(page);
  });
});

it("requests by tokens count for their address, not for their app", async () => {
  ({ server } = await testServer({
    apps,
    tokenClock: clock,
    http: { rate_limit_per_minute: 3, trust_proxy: ["127.0.0.1"] },
  }));
  const token = await clientToken();
  const from = (ip: string) => ({ "x-forwarded-for": ip });
  for (let i = 0; i < 3; i++) expect((await ask(token, "GET", own, undefined, from("192.0.2.7"))).status).toBe(200);
  expect((await ask(token, "GET", own, undefined, from("192.0.2.7"))).status).toBe(429);
  expect((await ask(token, "GET", own, undefined, from("192.0.2.8"))).status).toBe(200);
  expect((await ask(key, "GET", own)).status).toBe(200);
});
