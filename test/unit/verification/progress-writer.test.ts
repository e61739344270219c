import { expect, it } from "vitest";
import { createBatchTimer } from "../../../src/shared/batch-timer.ts";
import { createProgressWriter, type DeliveryUpdate } from "../../../src/verification/progress-writer.ts";
import { manualClock } from "../../support/manual-clock.ts";

const update = (event: string): DeliveryUpdate => ({ event, reason: null });
/** Lets all promises that are ready go on. */
const breath = () => new Promise((resolve) => setImmediate(resolve));

function createStage() {
  const clock = manualClock();
  const lost: string[] = [];
  const written: string[] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  const batchTimer = createBatchTimer(clock, 20);
  const store = {
    batchTimer,
    store(_attempt: null, { event }: DeliveryUpdate) {
      written.push(event);
      return new Promise<void>((resolve, reject) => void pending.push({ resolve, reject }));
    },
    clock,
    onLost: (_attempt: null, { event }: DeliveryUpdate) => void lost.push(event),
  };
  const progress = createProgressWriter(store, null);
  const nextFlush = () => {
    batchTimer.flush();
    return breath();
  };
  return { clock, lost, written, pending, progress, nextFlush };
}

it("writes at the next flush, and what was overtaken until then not at all", async () => {
  const { progress, written, clock } = createStage();
  progress.write(update("calling"));
  clock.advance(19);
  await breath();
  expect(written).toEqual([]);
  progress.write(update("ringing"));
  clock.advance(1);
  await breath();
  expect(written).toEqual(["ringing"]);
});

it("writes one thing at a time; of what comes meanwhile only the newest", async () => {
  const { progress, written, pending, nextFlush } = createStage();
  progress.write(update("calling"));
  await nextFlush();
  for (const event of ["ringing", "delivered"] as const) progress.write(update(event));
  await nextFlush();
  expect(written).toEqual(["calling"]);
  pending[0]?.resolve();
  await breath();
  expect(written).toEqual(["calling", "delivered"]);
  pending[1]?.resolve();
  await progress.settled();
  progress.write(update("calling"));
  await nextFlush();
  expect(written).toHaveLength(3);
});

it("tries again later, with what is newest then", async () => {
  const { progress, written, pending, clock, nextFlush } = createStage();
  progress.write(update("ringing"));
  await nextFlush();
  pending[0]?.reject(new Error("away"));
  await breath();
  expect(written).toEqual(["ringing"]);
  progress.write(update("delivered"));
  clock.advance(100);
  await breath();
  expect(written).toEqual(["ringing", "delivered"]);
});

it("asks a store that is away once a second, for longer than a failover: its end is noticed at once", async () => {
  const { progress, written, pending, clock, lost, nextFlush } = createStage();
  progress.write(update("ringing"));
  await nextFlush();
  for (let passedMs = 0; passedMs < 30_000; passedMs += 1000) {
    pending.at(-1)?.reject(new Error("away"));
    await breath();
    clock.advance(1000);
    await breath();
    expect(written).toHaveLength(passedMs / 1000 + 2);
  }
  pending.at(-1)?.resolve();
  await progress.settled();
  expect([lost, clock.pending]).toEqual([[], 0]);
});

it("gives up in the end, says so, and takes the next update all the same", async () => {
  const { progress, written, pending, clock, lost, nextFlush } = createStage();
  progress.write(update("delivered"));
  await nextFlush();
  for (let tries = 1; tries <= 3; tries++) {
    expect(written).toHaveLength(tries);
    pending.at(-1)?.reject(new Error("away"));
    await breath();
    clock.advance(20_000);
    await breath();
  }
  await progress.settled();
  expect(written).toHaveLength(3);
  expect(lost).toEqual(["delivered"]);
  progress.write(update("undelivered"));
  await nextFlush();
  expect(written.at(-1)).toBe("undelivered");
});
