/** What a stream remembers of itself on a real Redis: whether a client that comes back may have missed something. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { gapAfter } from "../../../src/live/stream-ids.ts";
import { createLogger } from "../../../src/observability/log.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { anEvent } from "../../support/public-events.ts";
import { testConfig } from "../../support/test-config.ts";

const runtime = withRuntime();
let redis: Redis;
let store: Store;
let position = 0;

beforeAll(async () => {
  const { url } = await runtime.redis();
  redis = new Redis(url);
  const { redis: settings, caller_id_reputation: reputation } = testConfig({ redis: { url } });
  const logger = createLogger({ level: "silent" });
  const events = { backlog_max: 1000, stream_max: 100, stream_seconds: 3600 };
  store = createStore({ redis: settings, reputation, events, clock: systemClock, logger });
  await store.firstTried();
});
afterAll(async () => {
  await store?.close();
  redis?.disconnect();
});
beforeEach(() => redis.flushall());

async function append(count: number): Promise<string> {
  const events = Array.from({ length: count }, () => {
    position++;
    return { position: `${position}-0`, json: JSON.stringify(anEvent("shop", "v1", position)) };
  });
  await store.streams.append("shop", 0, events);
  return (await store.streams.ends("shop")).newest;
}

const gap = async (id: string) => gapAfter(id, await store.streams.ends("shop"));

it("of a new app nothing is missing, before its first event and after it", async () => {
  expect(await store.streams.ends("shop")).toEqual({ newest: "0-0", forgotten: "0-0" });
  const first = await append(3);
  expect([await gap("0-0"), await gap(first)]).toEqual([null, null]);
});

it("removed entries are a gap for those who had not all of them", async () => {
  const early = await append(1);
  await append(2000);
  const [[oldest = ""] = []] = await redis.xrange("{e:shop}:events", "-", "+", "COUNT", 1);
  const kept = (await store.streams.read("shop", "0-0", 1))[0]?.id;
  expect(kept).toBe(oldest);
  expect([await gap("0-0"), await gap(early), await gap(oldest)]).toEqual(["removed", "removed", null]);
});

it("a stream that expired while nothing happened is no gap for who had all of it, also after the next event", async () => {
  const early = await append(1);
  const last = await append(2);
  await redis.del("{e:shop}:events");
  expect([await gap(early), await gap(last)]).toEqual(["removed", null]);
  await append(1);
  expect([await gap(early), await gap(last)]).toEqual(["removed", null]);
  expect(await store.streams.read("shop", last, 10)).toHaveLength(1);
});

it("a stream that begins anew within the last millisecond of the one before, or by a clock behind it, goes on after it", async () => {
  await append(1);
  const last = `${Date.now() + 60_000}-7`;
  await redis.multi().del("{e:shop}:events").hset("{e:shop}:marks", "last", last).exec();
  const next = await append(1);
  expect(next).toBe(last.replace(/7$/, "8"));
  expect([await gap(last), await gap(next), await gap(await append(1))]).toEqual([null, null, null]);
});

it("a Redis that came back empty is a gap", async () => {
  const last = await append(2);
  await redis.flushall();
  expect(await gap(last)).toBe("lost");
});
