import { pino } from "pino";
import { expect, it } from "vitest";
import { createDueWatch } from "../../../src/verification/due-watch.ts";
import type { DueStep, Seen } from "../../../src/verification/store-port.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** Lets all promises that are ready go on. */
const breath = () => new Promise((resolve) => setImmediate(resolve));

function createStage(
  settleDue: (shard: number, most: number) => Promise<{ seen: Seen[]; steps?: DueStep[]; more: boolean }>,
) {
  const clock = new ManualClock();
  const seen: Seen[] = [];
  const log: string[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => void log.push(line) });
  const begun: number[] = [];
  const steps = { begin: ({ step }: DueStep) => void begun.push(step), taken: () => true };
  const store = {
    shards: 3,
    shardOf: () => 0,
    settleDue: async (shard: number, most: number) => ({ steps: [], left: 0, ...(await settleDue(shard, most)) }),
  };
  const watch = createDueWatch({ store, clock, logger, onSeen: (one) => void seen.push(one), steps });
  return { clock, seen, begun, log, watch };
}

it("looks at every shard each second, and at once again where more may be due", async () => {
  const looked: number[] = [];
  const one = { endedNow: true } as Seen;
  const { clock, seen, watch } = createStage(async (shard) => {
    looked.push(shard);
    const first = looked.filter((other) => other === 1).length === 1;
    return { seen: shard === 1 ? [one] : [], more: shard === 1 && first };
  });
  watch.start();
  expect(looked).toEqual([]);
  clock.pass(1000);
  await breath();
  expect(looked.toSorted()).toEqual([0, 1, 1, 2]);
  expect(seen).toEqual([one, one]);
  clock.pass(1000);
  await breath();
  expect(looked).toHaveLength(7);
});

it("hands the steps that are due to those who begin them", async () => {
  const step = { step: 1 } as DueStep;
  const { clock, begun, watch } = createStage(async (shard) => ({
    ...{ seen: [], more: false },
    steps: shard === 2 ? [step] : [],
  }));
  watch.start();
  clock.pass(1000);
  await breath();
  expect(begun).toEqual([1]);
});

it("goes on after an error of the store, and says so once a look", async () => {
  let looks = 0;
  const { clock, log, watch } = createStage(async () => {
    looks++;
    throw new Error("no Redis");
  });
  watch.start();
  clock.pass(1000);
  await breath();
  clock.pass(1000);
  await breath();
  expect(looks).toBe(6);
  expect(log).toHaveLength(2);
});

it("looks no more once it is stopped", async () => {
  const looked: number[] = [];
  const { clock, watch } = createStage(async (shard) => {
    looked.push(shard);
    return { seen: [], more: false };
  });
  watch.start();
  watch.stop();
  clock.pass(10_000);
  await breath();
  expect(looked).toEqual([]);
});
