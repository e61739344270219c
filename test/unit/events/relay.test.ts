import { expect, it } from "vitest";
import { createRelay } from "../../../src/events/relay.ts";
import type { OutboxStore, TakeResult } from "../../../src/events/relay-port.ts";
import { keepingLogger } from "../../support/keeping-logger.ts";
import { manualClock } from "../../support/manual-clock.ts";

function world() {
  const clock = manualClock();
  const logs = keepingLogger();
  let fail = (_error: Error) => {};
  const store: OutboxStore = {
    shards: 1,
    onWritten: () => undefined,
    take: () => new Promise<TakeResult>((_resolve, reject) => (fail = reject)),
    keep: async () => true,
    status: async () => [],
  };
  const relay = createRelay({
    ...{ store, clock, logger: logs.logger },
    cursors: [{ name: "live", sinks: [], batchMs: 10, most: 10 }],
    writeOut: () => [],
    counts: { relayed: () => {}, lost: () => {}, unreadable: () => {}, failed: () => {} },
  });
  return { clock, logs, relay, fail: (why: string) => fail(new Error(why)) };
}

/** Lets promises settle. */
const settle = () => new Promise<void>((done) => setImmediate(done));

it("a relay whose store fails says so", async () => {
  const { relay, logs, fail } = world();
  const drained = relay.drain();
  fail("away");
  await drained;
  expect(logs.text()).toContain("events could not be handed on; they wait");
});

it("a relay that is stopped says nothing more where its store is closed: the last line of the log is the process's own", async () => {
  const { clock, relay, logs, fail } = world();
  const stopped = relay.stop(2000);
  await settle();
  clock.pass(2000);
  await stopped;
  fail("Connection is closed.");
  await settle();
  expect(logs.text()).toBe("");
});

it("hands a batch to all sinks of a cursor at once, and once more to all where one of them failed", async () => {
  const free = { id: "evt_1", type: "trunk.updated", atMs: 0, app: null, data: {} };
  const taken: TakeResult = {
    ...{ kind: "taken", token: "1", lost: 0, last: "1-0", count: 1 },
    entries: [{ position: "1-0", free }],
  };
  const came: string[] = [];
  const counted: string[] = [];
  const done: (string | null)[] = [];
  let broken = true;
  const relay = createRelay({
    store: {
      ...{ shards: 1, onWritten: () => undefined, keep: async () => true, status: async () => [] },
      async take(_shard, _cursor, _most, before) {
        done.push(before?.last ?? null);
        return before === null ? taken : { kind: "empty", lost: 0 };
      },
    },
    cursors: [
      {
        ...{ name: "live", batchMs: 10, most: 10 },
        sinks: [
          {
            name: "broken",
            async append() {
              came.push("broken");
              if (broken) throw new Error("away");
            },
          },
          { name: "sound", append: async () => void came.push("sound") },
        ],
      },
    ],
    writeOut: () => [],
    counts: {
      ...{ relayed: () => {}, lost: () => {}, unreadable: () => {} },
      failed: (cursor, sink) => counted.push(`${cursor} ${sink}`),
    },
    ...{ clock: manualClock(), logger: keepingLogger().logger },
  });
  await relay.drain();
  expect(came).toEqual(["broken", "sound"]);
  expect(counted).toEqual(["live broken"]);
  expect(done, "nothing is acknowledged").toEqual([null]);

  broken = false;
  await relay.drain();
  expect(came).toEqual(["broken", "sound", "broken", "sound"]);
  expect(done).toEqual([null, null, "1-0"]);
});

it("takes what comes while a batch is handed on with the next one, after the same wait; who drains waits for none", async () => {
  const clock = manualClock();
  let wrote = (_shard: number) => {};
  let waiting = 0;
  const takes: string[] = [];
  const relay = createRelay({
    store: {
      ...{ shards: 1, keep: async () => true, status: async () => [] },
      onWritten: (listener) => (wrote = listener),
      async take(_shard, _cursor, most, before) {
        const count = Math.min(waiting, most);
        takes.push(`${clock.nowMs()}: ${count} after ${before?.count ?? "none"}`);
        waiting -= count;
        return count === 0
          ? { kind: "empty", lost: 0 }
          : { kind: "taken", token: "1", lost: 0, last: `${count}-0`, count, entries: [] };
      },
    },
    cursors: [{ name: "live", sinks: [], batchMs: 50, most: 10 }],
    writeOut: () => [],
    counts: { relayed: () => {}, lost: () => {}, unreadable: () => {}, failed: () => {} },
    ...{ clock, logger: keepingLogger().logger },
  });
  const start = clock.nowMs();
  const at = (ms: number, what: string) => `${start + ms}: ${what}`;
  const write = (many: number) => {
    waiting += many;
    wrote(0);
  };
  const pass = async (ms: number) => {
    clock.pass(ms);
    await settle();
  };

  write(1);
  await pass(50);
  for (let i = 0; i < 5; i++) {
    write(1);
    await pass(10);
  }
  expect(takes.splice(0)).toEqual([at(50, "1 after none"), at(100, "5 after 1")]);

  write(25);
  await pass(50);
  expect(takes.splice(0), "a backlog is handed on at once").toEqual([
    at(150, "10 after 5"),
    at(150, "10 after 10"),
    at(150, "5 after 10"),
  ]);

  write(1);
  await relay.drain();
  expect(takes.slice(0, 2)).toEqual([at(150, "1 after 5"), at(150, "0 after 1")]);
});
