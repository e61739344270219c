/**
 * Live checks of the whole gateway: real Asterisk, real Redis, the sandbox's carrier, whose phones behave by their last three
 * digits. What a phone saw of it is in the carrier's calls.
 */
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import type { Call, CallState } from "../../../src/sandbox/carrier/call.ts";
import { type Carrier, startCarrier } from "../../../src/sandbox/carrier/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { apiKey, type Gateway, gatewayClient, startGateway, trunkName } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
const keys = { other: "or_key-of-another-app", narrow: "or_key-without-live-lookup", operator: "or_key-of-anna" };
let carrier: Carrier;
let gateway: Gateway;
/** A second gateway on the same Redis and Asterisk. */
let second: Gateway;
/** By callee: the states that its phone went through, and when. */
const phones = new Map<string, { state: CallState; atMs: number }[]>();
let number = 100;
const hmacKey = randomBytes(32).toString("hex");
const hashes = {
  callee(to: string) {
    const { bucket, hash } = createHashes(hmacKey).callee(to);
    return bucket + hash;
  },
};
let redis: Redis;

function seen({ callee, state }: Call): void {
  const states = phones.get(callee) ?? [];
  if (states.at(-1)?.state !== state) states.push({ state, atMs: performance.now() });
  phones.set(callee, states);
}

beforeAll(async () => {
  const redisUrl = (await runtime.redis()).url;
  redis = new Redis(redisUrl);
  carrier = await startCarrier({
    ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }), onCall: seen },
    timings: { postDialMs: 150, lateRingMs: 1500, announcementMs: 300, declineAfterMs: 2000 },
  });
  const hepPort = await freePort("udp");
  // No OPTIONS: on a busy machine one goes unanswered, and Asterisk places no call until the next one, 30 s later.
  const trunk = {
    name: trunkName,
    host: "127.0.0.1",
    port: carrier.port,
    transport: "udp" as const,
    qualifySeconds: 0,
  };
  const asterisk = await runtime.asterisk({ trunks: [trunk], hepPort });
  const app = (key: string, own: object = {}) => ({ api_keys_sha256: [apiKeyHash(key)], ...own });
  const ofCarrier = (own: object) => ({
    ...{ asterisk: "local", endpoint: trunkName, ranges: ["block"], calls_per_second: "100" },
    ...own,
  });
  const start = (ari_app: string, capture: object) =>
    startGateway({
      ...{ redisUrl, asterisk },
      config: {
        ...capture,
        secrets: { hmac_key: hmacKey },
        trunks: { [trunkName]: ofCarrier({}), small: ofCarrier({ max_concurrent_calls: "4" }) },
        routes: [
          { prefix: "+", trunks: [trunkName] },
          { prefix: "+447411", trunks: ["small"] },
        ],
        asterisks: {
          local: {
            ...{ ari_url: asterisk.ari.url, ari_user: asterisk.ari.user, ari_password: asterisk.ari.password, ari_app },
          },
        },
        apps: {
          test: app(apiKey),
          other: app(keys.other),
          narrow: app(keys.narrow, { key_scopes: ["lookup", "verify"] }),
        },
        admin: { api_keys_sha256: [apiKeyHash(keys.operator)] },
        live_check: {
          countries: ["GB"],
          answer_within_ms: "4000",
          app_per_minute: "100",
          max_concurrent_calls: "20",
          cost: "0.01",
        },
        guard: { block: ["+447400999"] },
      },
    });
  gateway = await start("one", { sip_capture: { port: String(hepPort) } });
  second = await start("two", {});
  for (const one of [gateway, second]) await one.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  await Promise.all([gateway?.stop(), second?.stop()]);
  await carrier?.stop();
  await redis?.quit();
});

interface Live {
  readonly state: string;
  readonly reason: string | null;
  readonly evidence: Record<string, unknown> | null;
  readonly age_seconds: number | null;
  readonly checked_at: string | null;
}
const somebody = (digits = "456") => `+447400${String(number++)}${digits}`;
const lookUp = async (to: string, client: Pick<Gateway, "post"> = gateway) => {
  const { status, json, text } = await client.post("/v1/numbers/lookup", { number: to, live: true });
  expect([status, text]).toEqual([200, expect.any(String)]);
  return json.live as Live;
};
const statesOf = (to: string) => (phones.get(to) ?? []).map(({ state }) => state);

describe("says what the network says", () => {
  it.concurrent.for<[string, string, string | null, string, object, CallState[]]>([
    ["456", "reachable", null, "rang", { alerted: true }, ["dialing", "ringing", "missed"]],
    ["901", "reachable", null, "busy", { sip_status: 486, alerted: false }, ["dialing", "busy"]],
    ["902", "unallocated", null, "unallocated", { sip_status: 404, confirmed: false }, ["dialing", "unreachable"]],
    ["903", "switched_off", null, "switched_off", { sip_status: 480, q850: 20 }, ["dialing", "unreachable"]],
    ["904", "reachable", null, "rang", { alerted: true }, ["dialing", "ringing", "missed"]],
    ["905", "unknown", "ambiguous", "answered", { false_answer: true }, ["dialing", "answered"]],
    ["906", "unknown", "no_signal", "no_answer_signal", { progress: true }, ["dialing", "unreachable"]],
    ["907", "unknown", "not_carried", "congestion", { sip_status: 503 }, ["dialing", "unreachable"]],
    ["908", "unknown", "no_signal", "no_answer_signal", {}, ["dialing"]],
    ["910", "unallocated", null, "unallocated", { progress: true }, ["dialing", "unreachable"]],
  ])("a phone that ends in %s is %s (%s)", async ([digits, state, reason, outcome, evidence, states], { expect }) => {
    const to = somebody(digits);
    const startedMs = performance.now();
    const live = await lookUp(to);
    expect(performance.now() - startedMs).toBeLessThan(4500);
    expect(live).toMatchObject({ state, reason, age_seconds: 0, evidence: { outcome, source: "sip", ...evidence } });
    await expect.poll(() => statesOf(to)).toEqual(states);
  });

  it("a phone that rings blips: our CANCEL comes at once after its 180", async () => {
    const to = somebody();
    await lookUp(to);
    const at = (state: CallState) => phones.get(to)?.find((one) => one.state === state)?.atMs ?? Number.NaN;
    await expect.poll(() => statesOf(to)).toContain("missed");
    // Median on an idle machine: 5 ms. What is asserted is that no ring time passes.
    expect(at("missed") - at("ringing")).toBeLessThan(500);
  });
});

describe("disturbs nobody twice", () => {
  it("two apps at two gateways at once: one call, the same answer; a day long it is given again, with its age", async () => {
    const to = somebody();
    const other = gatewayClient(second.url, keys.other);
    const both = await Promise.all([lookUp(to), lookUp(to, other)]);
    expect(both.map(({ state }) => state)).toEqual(["reachable", "reachable"]);
    const again = await lookUp(to, other);
    expect(again).toMatchObject({ state: "reachable", checked_at: both[0]?.checked_at, evidence: { alerted: true } });
    expect(statesOf(to)).toEqual(["dialing", "ringing", "missed"]);
  });

  it("a verification that is open keeps a check away, and a check in progress a verification", async () => {
    const to = somebody();
    const { id } = await gateway.start(to);
    expect(await lookUp(to)).toMatchObject({ state: "unknown", reason: "verification_open" });
    await gateway.post(`/v1/verifications/${id}/cancel`);
    await expect.poll(() => statesOf(to).at(-1)).toMatch(/missed|unreachable/);
    expect(statesOf(to).filter((state) => state === "dialing")).toHaveLength(1);

    const late = somebody("909");
    const checking = lookUp(late);
    await expect.poll(() => statesOf(late)).toEqual(["dialing"]);
    expect(await second.post("/v1/verifications", { to: late })).toMatchObject({ status: 429 });
    expect(await checking).toMatchObject({ state: "reachable" });
    expect((await second.post("/v1/verifications", { to: late })).status).toBe(201);
  });

  it("a client that hangs up cancels the call before the phone rings", async () => {
    const to = somebody("909");
    const client = new AbortController();
    const asked = fetch(`${gateway.url}/v1/numbers/lookup`, {
      ...{ method: "POST", signal: client.signal, body: JSON.stringify({ number: to, live: true }) },
      headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    }).catch(() => null);
    await expect.poll(() => statesOf(to)).toEqual(["dialing"]);
    client.abort();
    await asked;
    await expect.poll(() => statesOf(to)).toEqual(["dialing", "unreachable"]);
    expect(await lookUp(to)).toMatchObject({ state: "unknown", reason: "interrupted" });
  });
});

it("gives way to verifications: half of a trunk's slots are theirs alone", async () => {
  const late = (index: number) => `+44741112${index}909`;
  const checks = [1, 2, 3].map((index) => lookUp(late(index)));
  await expect.poll(() => [1, 2, 3].filter((index) => statesOf(late(index)).length > 0)).toHaveLength(2);
  const starts = await Promise.all([4, 5].map((index) => second.post("/v1/verifications", { to: late(index) })));
  expect(starts.map(({ status }) => status)).toEqual([201, 201]);
  const reasons = (await Promise.all(checks)).map(({ state, reason }) => reason ?? state);
  expect(reasons.sort()).toEqual(["no_capacity", "reachable", "reachable"]);
});

describe("calls nobody", () => {
  it("without the scope live_lookup, which the error names", async () => {
    const narrow = gatewayClient(gateway.url, keys.narrow);
    const { status, json } = await narrow.post("/v1/numbers/lookup", { number: somebody(), live: true });
    expect([status, json.code, json.detail]).toEqual([403, "forbidden", expect.stringContaining("`live_lookup`")]);
    expect((await narrow.post("/v1/numbers/lookup", { number: somebody() })).json.live).toBeNull();
  });

  it.each([
    ["in a country that is not switched on", "+33612345456", "country_off"],
    ["of a landline", "+442079460456", "not_callable"],
    ["on a block list", "+447400999456", "denied"],
  ])("%s", async (_, to, reason) => {
    expect(await lookUp(to)).toMatchObject({ state: "unknown", reason, evidence: null, checked_at: null });
    expect(statesOf(to)).toEqual([]);
  });

  it("who opted out", async () => {
    const to = somebody();
    const operator = gatewayClient(gateway.url, keys.operator);
    const out = await operator.post("/v1/admin/opt-outs", { to });
    expect([out.status, out.text]).toEqual([201, expect.any(String)]);
    await expect.poll(async () => (await lookUp(to)).reason).toBe("denied");
    expect(statesOf(to)).toEqual([]);
  });
});

it("what it came to is in an event, in metrics and in the number's health, without the number", async () => {
  const to = somebody("901");
  await lookUp(to);
  const events = async () =>
    (await redis.xrange("{e:test}:events", "-", "+"))
      .map(([, [, text = ""]]) => JSON.parse(text) as { type: string; data: { callee: string; sip_status: number } })
      .filter(({ type, data }) => type === "number.live_checked" && data.callee === hashes.callee(to));
  await expect.poll(events).toMatchObject([
    {
      ...{ app: "test", seq: null },
      data: { state: "reachable", outcome: "busy", sip_status: 486, trunk: trunkName, answered: false, cost: 0.01 },
    },
  ]);
  expect(JSON.stringify(await events())).not.toContain(to.slice(1));
  await expect
    .poll(async () => (await gateway.post("/v1/numbers/lookup", { number: to })).json.health)
    .toMatchObject({ state: "reachable", source: "live_check", age_days: 0 });
  const metrics = (await gateway.get("/metrics")).text;
  expect(metrics).toMatch(/onering_live_checks_total\{state="reachable",reason="none",asked="true"\} [1-9]/);
  expect(metrics).toMatch(/onering_live_check_attempts_total\{trunk="carrier",outcome="busy"\} [1-9]/);
  for (const text of [metrics, gateway.log(), second.log()]) expect(text).not.toContain(to.slice(1));
});

it("a gateway that stops cancels its checks before the phone rings, and says so", async () => {
  const to = somebody("909");
  const asked = lookUp(to, second);
  await expect.poll(() => statesOf(to)).toEqual(["dialing"]);
  const stopped = second.stop();
  expect(await asked).toMatchObject({ state: "unknown", reason: "interrupted" });
  await stopped;
  await expect.poll(() => statesOf(to)).toEqual(["dialing", "unreachable"]);
});
