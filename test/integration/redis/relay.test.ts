/** The relay of public events on a real Redis: order, leases, sinks that fail, a full outbox, gateways that are killed. */

import { fork } from "node:child_process";
import { once } from "node:events";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { appIdentity } from "../../../src/apps/principal.ts";
import type { PublicEvent } from "../../../src/events/envelope.ts";
import type { EventSink, StoredEvent } from "../../../src/events/sink-port.ts";
import { compareIds } from "../../../src/events/stream-port.ts";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { leaseMs } from "../../../src/redis/outbox-store.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { within } from "../../support/within.ts";
import { createWorld, result, shop, type World, type WorldOptions } from "../verification/world.ts";
import { type TellOptions, type Told, tell } from "./outbox-world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let raw: Redis;
let number = 0;
const open: World[] = [];
const told: Told[] = [];
const somebody = () => `+4477009${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
  raw = new Redis(redis.url);
});
afterAll(() => raw.disconnect());
afterEach(async () => {
  await Promise.all(told.splice(0).map(({ events }) => events.stop(0)));
  await Promise.all(open.splice(0).map((world) => world.close()));
  await raw.flushall();
});

async function gateway(options: Partial<WorldOptions> & TellOptions = {}) {
  const world = createWorld({ redis: patientRedis(redis.url), redisTime: true, ...options });
  open.push(world);
  await world.ready();
  const one = tell(world, options);
  told.push(one);
  return { world, told: one };
}

/** Starts and cancels so many verifications at once: three events each, or two. */
async function verifyAndCancel({ verifications }: World, count: number): Promise<readonly string[]> {
  const started = await Promise.all(
    Array.from({ length: count }, () => verifications.start(shop, { to: somebody() }, null)),
  );
  await Promise.all(started.map(({ id }) => verifications.cancel(shop, id)));
  return started.map(({ id }) => id);
}

/** Fails the test where the events of a verification do not count from 1 without a gap, in order and once each. */
function expectInOrder(events: readonly PublicEvent[], verifications: number): void {
  const seqs = new Map<string, (number | null)[]>();
  for (const { seq, data } of events) {
    const id = (data as { verification: string }).verification;
    seqs.set(id, [...(seqs.get(id) ?? []), seq]);
  }
  expect(seqs.size).toBe(verifications);
  for (const own of seqs.values()) expect(own).toEqual(own.map((_, index) => index + 1));
}

async function streamOf(world: World, app = "shop"): Promise<readonly PublicEvent[]> {
  const all: PublicEvent[] = [];
  for (let after = "0-0"; ; ) {
    const entries = await world.store.streams.read(app, after, 1000);
    if (entries.length === 0) return all;
    all.push(...entries.map(({ event }) => event));
    after = entries.at(-1)?.id ?? after;
  }
}

/** Fails until it is told otherwise. */
function failingSink() {
  const got: StoredEvent[] = [];
  let fails = true;
  const sink: EventSink = {
    name: "database",
    async append(batch) {
      if (fails) throw new Error("the database is down");
      got.push(...batch);
    },
  };
  return {
    ...{ sink, got },
    recover: () => {
      fails = false;
    },
  };
}

describe("a gateway's own changes", () => {
  it("are in the app's stream within a moment, in order, once each", async () => {
    const { world, told } = await gateway();
    told.events.start();
    const ids = await verifyAndCancel(world, 40);
    await expect.poll(async () => (await streamOf(world)).length).toBe(80);
    expectInOrder(await streamOf(world), ids.length);
    await expect.poll(() => raw.xlen("{s0}:outbox")).toBe(0);
    expect(await told.events.status()).toEqual([{ cursor: "live", waiting: 0, oldestMs: 0 }]);
  });

  it("wake a reader that waits for several streams, and nothing else does", async () => {
    const { world, told } = await gateway();
    told.events.start();
    const reader = world.store.streams.open();
    const waiting = reader.read(
      new Map([
        ["shop", "0-0"],
        [null, "0-0"],
      ]),
      10,
      5000,
    );
    await verifyAndCancel(world, 1);
    const got = await within(2000, waiting);
    expect([...got.keys()]).toEqual(["shop"]);
    await expect.poll(async () => (await streamOf(world)).length).toBe(2);
    const newest = (await world.store.streams.ends("shop")).newest;
    const again = reader.read(new Map([["shop", newest]]), 10, 5000);
    setTimeout(() => reader.interrupt(), 50);
    expect((await within(2000, again)).size).toBe(0);
    reader.close();
  });

  it("are handed on before it stops", async () => {
    const { world, told } = await gateway();
    await verifyAndCancel(world, 20);
    await told.events.stop(2000);
    expect((await streamOf(world)).length).toBe(40);
  });
});

describe("two gateways", () => {
  it("relay each event once and in order, whichever of them does", async () => {
    const [one, other] = await Promise.all([gateway(), gateway()]);
    one.told.events.start();
    other.told.events.start();
    for (let round = 0; round < 5; round++) {
      await Promise.all([verifyAndCancel(one.world, 20), verifyAndCancel(other.world, 20)]);
    }
    await expect.poll(async () => (await streamOf(one.world)).length).toBe(400);
    expectInOrder(await streamOf(one.world), 200);
  });

  it("take over what one of them held that is gone, and what that one says later has no effect", async () => {
    const [one, other] = await Promise.all([gateway(), gateway()]);
    await verifyAndCancel(one.world, 3);
    const { outboxes } = one.world.store;
    const taken = await outboxes.take(0, "live", 2, null);
    if (taken.kind !== "taken") throw new Error(`nothing was taken: ${taken.kind}`);
    expect(await other.world.store.outboxes.take(0, "live", 10, null)).toEqual({ kind: "leased" });
    const startedMs = performance.now();
    other.told.events.start();
    await expect.poll(async () => (await streamOf(one.world)).length).toBe(6);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(await outboxes.keep(0, "live", taken.token)).toBe(false);
    expect(await outboxes.take(0, "live", 10, taken)).toEqual({ kind: "leased" });
    // Its sink was slow: what it appends now was appended before.
    const events = taken.entries.map(({ position }) => ({ position, json: "{}" }));
    await one.world.store.streams.append("shop", 0, events);
    expectInOrder(await streamOf(one.world), 3);
  });

  it("leave a batch to the one whose sink is slow", async () => {
    const { promise: released, resolve: release } = deferred<void>();
    const slow: EventSink = { name: "slow", append: () => released };
    const one = await gateway({ sink: slow });
    const other = await gateway();
    await verifyAndCancel(one.world, 2);
    const draining = one.told.events.drain();
    await expect.poll(async () => (await streamOf(one.world)).length).toBe(4);
    await new Promise((resolve) => setTimeout(resolve, leaseMs + 500));
    expect(await other.world.store.outboxes.take(0, "live", 10, null)).toEqual({ kind: "leased" });
    release();
    await draining;
    expect(await other.world.store.outboxes.take(0, "live", 10, null)).toEqual({ kind: "empty", lost: 0 });
  });
});

describe("an entry that is erased while a gateway hands it on", () => {
  it("is not counted as lost, though another cursor is far behind", async () => {
    const { promise: released, resolve: release } = deferred<void>();
    const slow: EventSink = { name: "slow", append: () => released };
    const database = failingSink();
    const { world, told } = await gateway({ cursors: ["live", "records"], records: database.sink, sink: slow });
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to }, null);
    await world.verifications.cancel(shop, id);
    await verifyAndCancel(world, 2);
    const draining = told.events.drain();
    await expect.poll(() => raw.hget("{s0}:relay", "live:owner")).not.toBe(null);
    const [outbox] = world.store.eventSubjects(() => ["shop"]);
    const whom = {
      to,
      hash: "hash-of-it",
      verifications: new Set([id]),
      note: () => undefined,
      is: (one: string) => one === to,
    };
    let erased = 0;
    const erasing = outbox?.erase(whom, null).then((result) => {
      erased = result.erased;
    });
    await expect.poll(() => raw.xlen("{s0}:outbox")).toBe(4);
    release();
    await draining;
    // It waits until no gateway hands on what it had taken before: the lease of the failed cursor ends by itself.
    const wait = () => {
      world.clock.advance(100);
      return erased;
    };
    await expect.poll(wait).toBe(2);
    await erasing;
    await world.verifications.start(shop, { to: somebody() }, null);
    await told.drain();
    database.recover();
    await told.drain();
    await verifyAndCancel(world, 1);
    await told.drain();
    expect(Object.keys(told.counted).filter((name) => name.startsWith("lost"))).toEqual([]);
    expect(await raw.xlen("{s0}:outbox")).toBe(0);
  });

  it("is waited for by a repeated erasure too, after one gave up: its events came after the answer", async () => {
    const { promise: released, resolve: release } = deferred<void>();
    const { world, told } = await gateway({ sink: { name: "slow", append: () => released } });
    const to = somebody();
    const { id } = await world.verifications.start(shop, { to }, null);
    const draining = told.events.drain();
    await expect.poll(() => raw.hget("{s0}:relay", "live:owner")).not.toBe(null);
    const [outbox] = world.store.eventSubjects(() => ["shop"]);
    const whom = { to, hash: "hash-of-it", verifications: new Set([id]), is: (one: string) => one === to };
    let ended = "";
    const erase = () => {
      ended = "";
      const settle = (how: string) => {
        ended = how;
      };
      void outbox?.erase(whom, null).then(
        ({ erased }) => settle(`erased ${erased}`),
        () => settle("gave up"),
      );
    };
    const wait = () => {
      world.clock.advance(500);
      return ended;
    };
    erase();
    await expect.poll(wait).toBe("gave up");
    expect(await raw.xlen("{s0}:outbox")).toBe(0);
    erase();
    await expect.poll(wait).toBe("gave up");
    release();
    await draining;
    erase();
    await expect.poll(wait).toBe("erased 0");
  });
});

describe("a gateway that is killed", () => {
  it("between a change and its relay loses no event: another one relays it within 5 s", async () => {
    const writer = fork(new URL("killed-writer.ts", import.meta.url), [redis.url], {
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const [ids] = (await once(writer, "message")) as [string[]];
    await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");
    // It had begun to relay: part of it is in the stream, and it holds the lease.
    const { world, told } = await gateway();
    const startedMs = performance.now();
    told.events.start();
    await expect.poll(async () => (await streamOf(world)).length).toBe(ids.length * 2);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expectInOrder(await streamOf(world), ids.length);
  }, 40_000);
});

describe("a sink that fails", () => {
  it("gets everything in order and once when it is back, and holds up no other cursor", async () => {
    const database = failingSink();
    const { world, told } = await gateway({ cursors: ["live", "records"], records: database.sink });
    told.events.start();
    const ids = await verifyAndCancel(world, 150);
    await expect.poll(async () => (await streamOf(world)).length).toBe(300);
    await expect.poll(() => told.counted["failed records database"] ?? 0).toBeGreaterThan(1);
    const [live, records] = await told.events.status();
    expect([live?.waiting, records?.waiting]).toEqual([0, 300]);
    expect(records?.oldestMs).toBeGreaterThan(0);
    database.recover();
    ids.concat(await verifyAndCancel(world, 10));
    await expect.poll(() => database.got.length).toBe(320);
    expectInOrder(
      database.got.map(({ event }) => event),
      160,
    );
    expect(database.got.map(({ position }) => position)).toEqual(
      database.got.map(({ position }) => position).toSorted(compareIds),
    );
    await expect.poll(() => raw.xlen("{s0}:outbox")).toBe(0);
  });

  it("of one gateway loses nothing by another one that has no records", async () => {
    const database = failingSink();
    const one = await gateway({ cursors: ["live", "records"], records: database.sink });
    await verifyAndCancel(one.world, 5);
    await one.told.events.drain();
    const { world, told } = await gateway();
    await verifyAndCancel(world, 1);
    await told.events.drain();
    expect(await raw.xlen("{s0}:outbox")).toBe(12);
    database.recover();
    await one.told.events.drain();
    expectInOrder(
      database.got.map(({ event }) => event),
      6,
    );
  });

  it("that no gateway has had for ten minutes holds nothing, and what it missed is counted when it is back", async () => {
    const database = failingSink();
    const before = await gateway({ cursors: ["live", "records"], records: database.sink });
    await verifyAndCancel(before.world, 5);
    await before.told.events.drain();
    expect(await raw.xlen("{s0}:outbox")).toBe(10);
    // One that runs on tries again, and so has looked just now.
    await before.told.events.stop(0);
    const { world, told } = await gateway();
    await raw.hset("{s0}:relay", { "records:seen": Date.now() - 601_000, "records:until": 0 });
    await verifyAndCancel(world, 1);
    await told.events.drain();
    expect(await raw.xlen("{s0}:outbox")).toBe(0);
    database.recover();
    const back = await gateway({ cursors: ["live", "records"], records: database.sink });
    await verifyAndCancel(back.world, 1);
    await back.told.events.drain();
    expect(back.told.counted["lost records"]).toBe(12);
    expect(database.got).toHaveLength(2);
  });
});

describe("a full outbox", () => {
  it("drops the oldest, says how many, and goes on", async () => {
    const database = failingSink();
    const { world, told } = await gateway({
      ...{ cursors: ["live", "records"], records: database.sink },
      events: { backlog_max: 100, stream_max: 1000, stream_seconds: 60 },
    });
    await told.drain();
    for (let round = 0; round < 10; round++) await verifyAndCancel(world, 20);
    expect(await raw.xlen("{s0}:outbox")).toBeLessThan(250);
    database.recover();
    await told.drain();
    const lost = told.counted["lost records"] ?? 0;
    expect(lost).toBeGreaterThan(100);
    expect(database.got.length + lost).toBe(400);
    await verifyAndCancel(world, 1);
    await told.drain();
    expect(told.counted["lost records"]).toBe(lost);
  });

  it("is bounded for each app's stream too, which says what it forgot", async () => {
    const { world, told } = await gateway({ events: { backlog_max: 10_000, stream_max: 100, stream_seconds: 60 } });
    for (let round = 0; round < 10; round++) await verifyAndCancel(world, 20);
    await told.drain();
    const kept = await world.store.streams.read("shop", "0-0", 1000);
    expect(kept.length).toBeLessThan(250);
    const { newest, forgotten } = await world.store.streams.ends("shop");
    expect(newest).toBe(kept.at(-1)?.id);
    expect(compareIds(forgotten, kept[0]?.id ?? "0-0")).toBeLessThan(0);
    expect(compareIds(forgotten, "0-0")).toBeGreaterThan(0);
    expect(await raw.pttl("{e:shop}:events")).toBeGreaterThan(50_000);
  });
});

describe("an entry that cannot be read", () => {
  it.each([
    ["without fields", ["x", "y"]],
    ["of a newer version", ["i", "v1", "s", "1", "h", "Z 1 1 1 x y z 0 ", "f", "[]"]],
    ["with broken values", ["i", "v1", "s", "1", "h", "S 1 1 1 x y z 0 1", "f", "[{"]],
    ["whose delivery is not there", ["i", "v1", "s", "1", "h", "C 1 7 1 x y z 0 ", "d", "[]"]],
  ])("%s is counted and skipped: those after it are relayed", async (_what, fields) => {
    const { world, told } = await gateway();
    await raw.xadd("{s0}:outbox", "*", ...fields);
    const [id = ""] = await verifyAndCancel(world, 1);
    expect(await told.drain(id)).toHaveLength(2);
    expect(told.counted["unreadable live"]).toBe(1);
  });
});

describe("an event of no verification", () => {
  it("goes the same way, to the operator's stream", async () => {
    const { world, told } = await gateway();
    const drained = { kind: "trunk", name: "carrier" } as const;
    const outage = { by: "operator", who: "key 1", reason: "maintenance", sinceMs: 1 } as const;
    await world.store.outages.takeOut(drained, outage);
    await world.store.outages.takeOut(drained, { ...outage, sinceMs: 2 });
    await world.store.outages.putBack(drained, { by: "operator", who: "key 1" });
    await world.store.outages.putBack(drained, { by: "operator", who: "key 1" });
    await expect.poll(() => raw.xlen("{s0}:outbox")).toBeGreaterThan(1);
    await told.drain();
    const events = (await world.store.streams.read(null, "0-0", 10)).map(({ event }) => event);
    expect(events).toMatchObject([
      {
        type: "trunk.updated",
        seq: null,
        app: null,
        data: { trunk: "carrier", asterisk: null, state: "drained", reason: "maintenance" },
      },
      { type: "trunk.updated", data: { trunk: "carrier", state: "enabled", reason: null } },
    ]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    expect(await world.store.streams.read("shop", "0-0", 10)).toEqual([]);
  });
});

describe("apps", () => {
  it("have streams of their own", async () => {
    const { world, told } = await gateway();
    await verifyAndCancel(world, 1);
    const bank = appIdentity("bank");
    const { id } = await world.verifications.start(bank, { to: somebody() }, null);
    world.lastCall().ended(result({ outcome: "rang", alerted: true }));
    await world.verifications.settled();
    await told.drain();
    expect((await streamOf(world, "bank")).map(({ data }) => (data as { verification: string }).verification)).toEqual([
      id,
      id,
      id,
    ]);
    expect((await streamOf(world)).every(({ app }) => app === "shop")).toBe(true);
    await expect(told.events.history.read("shop", id)).rejects.toMatchObject({ code: "verification_not_found" });
  });
});
