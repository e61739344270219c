/** Live streams over two real gateways on one real Redis: clients that change gateways, apps that must not see each other. */
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { type Gateway, gatewayClient, apiKey as key, startGateway } from "../../support/gateway.ts";
import { withRuntime } from "../../support/processes.ts";
import { openSse, type SseClient, type SseOptions } from "../../support/sse-client.ts";
import { within } from "../../support/within.ts";

const runtime = withRuntime();
const otherKey = "or_test-key-of-another-app-of-this-run";
const operatorKey = "or_test-key-of-an-operator-of-this-run";
/** The wide form: RECONNECTIONS=1000. */
const reconnections = Number(process.env.RECONNECTIONS ?? 100);
const seconds = 1000;
let redis: Redis;
let gateways: [Gateway, Gateway];
let callee = 0;

beforeAll(async () => {
  const { url: redisUrl } = await runtime.redis();
  redis = new Redis(redisUrl);
  const trunk = { name: "carrier", host: "127.0.0.1", port: 9, transport: "tcp", qualifySeconds: 0 } as const;
  const asterisk = await runtime.asterisk({ trunks: [{ ...trunk, inbound: {} }], inboundApps: ["one", "two"] });
  const { ari } = asterisk;
  const start = (ari_app: string) =>
    startGateway({
      ...{ redisUrl, asterisk },
      config: {
        http: { port: "0", shed_at_delay_ms: "10000", shutdown_linger_ms: "0", rate_limit_per_minute: "1000000" },
        secrets: { hmac_key: "the-same-of-both-gateways-0123456789-abcdef" },
        asterisks: { local: { ari_url: ari.url, ari_user: ari.user, ari_password: ari.password, ari_app } },
        trunks: {
          carrier: { asterisk: "local", endpoint: "carrier", ranges: ["block"], inbound: { trusted: "true" } },
        },
        call_in: { numbers: ["+442079460001", "+442079460002"] },
        apps: {
          test: { api_keys_sha256: [apiKeyHash(key)] },
          other: { api_keys_sha256: [apiKeyHash(otherKey)] },
        },
        admin: { api_keys_sha256: [apiKeyHash(operatorKey)] },
        log: { level: "debug" },
      },
    });
  gateways = [await start("one"), await start("two")];
  for (const gateway of gateways) await gateway.waitForHttp("/readyz", 200);
});
afterAll(async () => {
  for (const gateway of gateways ?? []) await gateway.stop();
  redis?.disconnect();
});

async function open(gateway: Gateway, path: string, options: Partial<SseOptions> = {}): Promise<SseClient> {
  const client = await openSse(gateway.url + path, { key, ...options });
  onTestFinished(() => client.close());
  return client;
}

/** Starts a verification that the person would prove by calling in, and cancels it. @returns its id */
async function happen(gateway: Gateway, as = key): Promise<string> {
  const { post } = gatewayClient(gateway.url, as);
  const to = `+4474${String(10_000_000 + callee++)}`;
  const started = await post("/v1/verifications", { to, channel: "call_in" });
  expect(started.status, started.text).toBe(201);
  const id = String(started.json.id);
  expect((await post(`/v1/verifications/${id}/cancel`)).status).toBe(200);
  return id;
}

/** Ids of all events of the app, as Redis has them, in order. */
async function idsInRedis(app = "test"): Promise<string[]> {
  const [key = ""] = (await redis.keys(`*${app}*:events*`)).filter((name) => name.includes(`:${app}}`));
  const entries = await redis.xrange(key, "-", "+");
  return entries.map(([, fields]) => JSON.parse(fields[1] ?? "{}").id as string);
}

/** A flow of verifications at both gateways until it is stopped. @returns stops it, and gives the ids */
function flow(perSecond: number): () => Promise<string[]> {
  const ids: string[] = [];
  let stopped = false;
  const run = async (gateway: Gateway) => {
    while (!stopped) {
      const next = pause((2 * seconds) / perSecond);
      ids.push(await happen(gateway));
      await next;
    }
  };
  const running = Promise.all(gateways.map(run));
  return async () => {
    stopped = true;
    await running;
    return ids;
  };
}

it(`${reconnections} reconnections with Last-Event-ID, alternating between two gateways under a flow of events, miss and double nothing`, async () => {
  const clients = 10;
  const [first] = gateways;
  const stop = flow(60);
  const seen = Array.from({ length: clients }, () => [] as string[]);
  let gone = 0;
  const follow = async (mine: string[], client: number) => {
    let lastEventId: string | undefined;
    for (let n = 0; n <= reconnections / clients; n++) {
      const gateway = gateways[(n + client) % 2] ?? first;
      const stream = await openSse(`${gateway.url}/v1/events`, {
        ...{ key, forget: true, onEvent: ({ data }) => void mine.push(data.id) },
        ...(lastEventId !== undefined && { lastEventId }),
      });
      expect(stream.status).toBe(200);
      // Now and then in the middle of a replay, or before any event.
      const before = mine.length;
      const enough = before + ((n * 7 + client) % 5);
      await within(
        10 * seconds,
        stream.when(() => mine.length >= enough && stream.lastEventId !== ""),
      );
      stream.close();
      await stream.ended;
      lastEventId = stream.lastEventId;
      gone++;
    }
    return lastEventId ?? "";
  };
  const last = await Promise.all(seen.map(follow));
  const started = await stop();
  // What came last, at either gateway.
  await happen(first);
  const expected = await idsStable(started.length + 1);
  for (const [client, mine] of seen.entries()) {
    const rest = await open(gateways[client % 2] ?? first, "/v1/events", { lastEventId: last[client] ?? "" });
    await within(
      10 * seconds,
      rest.when(() => rest.events.at(-1)?.data.id === expected.at(-1)),
    );
    mine.push(...rest.events.map(({ data }) => data.id));
    const from = expected.indexOf(mine[0] ?? "");
    expect(mine).toEqual(expected.slice(from));
    expect(new Set(mine).size).toBe(mine.length);
  }
  expect(gone).toBeGreaterThanOrEqual(reconnections);
  if (process.env.RECONNECTIONS) {
    const events = seen.reduce((sum, mine) => sum + mine.length, 0);
    process.stdout.write(`${gone} reconnections, ${events} events received, 0 missed, 0 doubled\n`);
  }
}, 300_000);

/** The ids in Redis once so many verifications have ended there. */
async function idsStable(verifications: number): Promise<string[]> {
  let ids: string[] = [];
  await expect
    .poll(async () => {
      ids = await idsInRedis();
      return new Set(ids.map((id) => id.slice(0, id.lastIndexOf("_")))).size >= verifications && ids.length;
    })
    .toBeGreaterThanOrEqual(2 * verifications);
  return ids;
}

describe("one verification", () => {
  it("is followed at another gateway than the one that started it, from its first event to its end", async () => {
    const [one, two] = gateways;
    const to = `+4474${String(10_000_000 + callee++)}`;
    const started = await one.post("/v1/verifications", { to, channel: "call_in" });
    const id = String(started.json.id);
    const stream = await open(two, `/v1/verifications/${id}/events`);
    await within(5 * seconds, stream.until(1));
    await one.post(`/v1/verifications/${id}/cancel`);
    expect(await within(5 * seconds, stream.ended)).toBe(true);
    const types = stream.events.map(({ type }) => type);
    expect([types[0], types.at(-1)]).toEqual(["verification.started", "verification.ended"]);
    expect(stream.events.map(({ id: seq }) => Number(seq))).toEqual(types.map((_, index) => index + 1));
    expect(stream.events.at(-1)?.data.data).toMatchObject({ verification: id, status: "canceled" });
    const again = await open(one, `/v1/verifications/${id}/events`);
    await again.ended;
    expect(again.events).toEqual(stream.events);
    const lastEventId = stream.lastEventId;
    expect((await open(one, `/v1/verifications/${id}/events`, { lastEventId })).status).toBe(204);
  });

  it("50 of them, opened and left at both gateways while they run, each have every event once", async () => {
    const [one, two] = gateways;
    await Promise.all(
      Array.from({ length: 50 }, async (_, n) => {
        const [here, there] = n % 2 === 0 ? [one, two] : [two, one];
        const to = `+4474${String(10_000_000 + callee++)}`;
        const started = await here.post("/v1/verifications", { to, channel: "call_in" });
        const id = String(started.json.id);
        const ended = here.post(`/v1/verifications/${id}/cancel`);
        const first = await open(there, `/v1/verifications/${id}/events`);
        await first.until(1);
        first.close();
        const rest = await open(here, `/v1/verifications/${id}/events`, { lastEventId: first.lastEventId });
        await Promise.all([ended, within(5 * seconds, rest.ended)]);
        const seqs = [...first.events, ...rest.events].map(({ id: seq }) => Number(seq));
        expect(seqs).toEqual(seqs.map((_, index) => index + 1));
        expect([...first.events, ...rest.events].at(-1)?.type).toBe("verification.ended");
      }),
    );
  });
});

it("an app's stream holds nothing of another app, and the operator's nothing of any app's verification", async () => {
  const [one, two] = gateways;
  const streams = await Promise.all([
    open(one, "/v1/events"),
    open(two, "/v1/events", { key: otherKey }),
    open(one, "/v1/events", { key: operatorKey }),
  ]);
  await Promise.all(streams.map((stream) => stream.when(() => stream.lastEventId !== "")));
  const [mine, theirs, operator] = streams;
  const ofMine = await Promise.all([happen(one), happen(two)]);
  const ofTheirs = await Promise.all([happen(one, otherKey), happen(two, otherKey)]);
  await within(5 * seconds, Promise.all([mine.until(4), theirs.until(4)]));
  await happen(one);
  for (const id of ofMine) {
    expect(mine.text).toContain(id);
    expect(theirs.text).not.toContain(id);
    expect((await open(two, `/v1/verifications/${id}/events`, { key: otherKey })).status).toBe(404);
  }
  for (const id of ofTheirs) {
    expect(theirs.text).toContain(id);
    expect(mine.text).not.toContain(id);
  }
  const drain = gatewayClient(one.url, operatorKey);
  await drain.post("/v1/admin/trunks/carrier/drain", { reason: "new SBC" });
  await within(5 * seconds, operator.until(1));
  await drain.post("/v1/admin/trunks/carrier/undrain");
  expect(operator.events.every(({ type, data }) => type.startsWith("trunk.") && data.app === null)).toBe(true);
  expect(mine.events.some(({ type }) => type.startsWith("trunk."))).toBe(false);
});

it("a gateway that stops ends its streams, and the client misses nothing at the other one", async () => {
  const [one, two] = gateways;
  const stream = await open(two, "/v1/events");
  await stream.when(() => stream.lastEventId !== "");
  const before = await happen(one);
  await stream.when(() => stream.text.includes(before));
  await within(20 * seconds, two.stop());
  expect(await stream.ended).toBe(true);
  const during = await happen(one);
  const again = await open(one, "/v1/events", { lastEventId: stream.lastEventId });
  await within(
    5 * seconds,
    again.when(() => again.text.includes(during) && again.text.includes("verification.ended")),
  );
  const ids = [...stream.events, ...again.events].map(({ data }) => data.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => id.includes(before) || id.includes(during)).length).toBe(ids.length);
});
