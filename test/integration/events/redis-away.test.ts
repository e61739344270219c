/** An open stream while a real Redis is away, and when it comes back: with its data, or empty. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { createLiveStreams, type LiveStreams } from "../../../src/live/index.ts";
import { freePort } from "../../../src/local/process/free-port.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { withRuntime } from "../../support/processes.ts";
import { anEvent } from "../../support/public-events.ts";
import type { TestRedis } from "../../support/redis.ts";
import { TestOutput } from "../../support/stream-outputs.ts";
import { startTcpProxy, type TcpProxy } from "../../support/tcp-proxy.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
const logger = createLogger({ level: "silent" });
/** A gateway's whose connections are broken, and of a relay elsewhere. */
let stores: { readonly gateway: Store; readonly relay: Store };
let port: number;
let redis: TestRedis;
let proxy: TcpProxy;
let live: LiveStreams;
let seq = 0;

function storeAt(redisPort: number): Store {
  const { redis: settings, caller_id_reputation: reputation } = testConfig({
    redis: { url: `redis://127.0.0.1:${redisPort}`, command_timeout_ms: 500 },
  });
  return createStore({ redis: settings, reputation, clock: systemClock, logger });
}

beforeAll(async () => {
  port = await freePort("tcp");
  redis = await runtime.redis({ port });
  proxy = await startTcpProxy(port, "bytes");
  stores = { gateway: storeAt(proxy.port), relay: storeAt(port) };
  await Promise.all([stores.gateway.firstTried(), stores.relay.firstTried()]);
  live = createLiveStreams({
    ...{ streams: stores.gateway.streams, history: { read: () => Promise.reject(new Error("not asked")) } },
    ...{ verifications: { get: () => Promise.reject(new Error("not asked")) }, clock: systemClock },
    ...{ limits: { max_streams: 10, max_streams_per_app: 10 }, random: cryptoRandom, logger },
  });
});
afterAll(async () => {
  await live?.close();
  await Promise.all([stores?.gateway.close(), stores?.relay.close()]);
  await proxy?.close();
});

async function open(): Promise<TestOutput> {
  const output = new TestOutput();
  (await live.openEvents("shop", null, null)).begin(output, () => undefined);
  await expect.poll(() => output.lastEventId).not.toBeNull();
  return output;
}

async function happen(count: number): Promise<void> {
  const events = Array.from({ length: count }, () => {
    seq++;
    return { position: `${seq}-0`, json: JSON.stringify(anEvent("shop", "v1", seq)) };
  });
  await stores.relay.streams.append("shop", 0, events);
}

const seqs = (output: TestOutput) => output.events.map(({ data }) => data.seq);

it.each(["cut", "blackHole"] as const)(
  "%s off from it, the client waits and then has every event once",
  async (how) => {
    const output = await open();
    const first = seq + 1;
    await happen(2);
    await expect.poll(() => seqs(output)).toEqual([first, first + 1]);
    proxy[how]();
    await happen(3);
    await expect.poll(() => live.openEvents("other", null, null).catch(({ code }) => code)).toBe("store_unavailable");
    proxy.restore();
    await happen(1);
    await expect.poll(() => seqs(output).length, { timeout: 20_000 }).toBe(6);
    expect(seqs(output)).toEqual([0, 1, 2, 3, 4, 5].map((n) => first + n));
    output.close();
  },
  60_000,
);

it("come back empty, it says that events may be missing, and goes on", async () => {
  const output = await open();
  await happen(1);
  await expect.poll(() => output.events.length).toBe(1);
  await redis.kill();
  redis = await runtime.redis({ port });
  await expect.poll(() => stores.relay.ping(), { timeout: 20_000 }).toBe(true);
  await expect.poll(() => output.events.at(-1)?.type, { timeout: 20_000 }).toBe("stream.gap");
  await happen(1);
  await expect.poll(() => output.events.at(-1)?.data.seq).toBe(seq);
  expect(output.events.map(({ type }) => type)).toEqual(["delivery.updated", "stream.gap", "delivery.updated"]);
}, 60_000);
