import { pino } from "pino";
import { expect, it } from "vitest";
import { createBatchTimer } from "../../../src/shared/batch-timer.ts";
import { createProgressWriter, type News } from "../../../src/verification/progress-writer.ts";
import { manualClock } from "./manual-clock.ts";

const news = (event: News["event"]): News => ({ event, reason: null });
/** Lets all promises that are ready go on. */
const breath = () => new Promise((resolve) => setImmediate(resolve));

function createStage() {
  const clock = manualClock();
  const log: string[] = [];
  const written: string[] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  const batchTimer = createBatchTimer(clock, 20);
  const progress = createProgressWriter({
    batchTimer,
    write({ event }) {
      written.push(event);
      return new Promise((resolve, reject) => void pending.push({ resolve, reject }));
    },
    clock,
    logger: pino({ level: "debug" }, { write: (line: string) => void log.push(line) }),
  });
  const nextBeat = () => {
    batchTimer.flush();
    return breath();
  };
  return { clock, log, written, pending, progress, nextBeat };
}

it("writes at the next flush, and what was overtaken until then not at all", async () => {
  const { progress, written, clock } = createStage();
  progress.tell(news("calling"));
  clock.advance(19);
  await breath();
  expect(written).toEqual([]);
  progress.tell(news("ringing"));
  clock.advance(1);
  await breath();
  expect(written).toEqual(["ringing"]);
});

it("writes one thing at a time; of what comes meanwhile only the newest", async () => {
  const { progress, written, pending, nextBeat } = createStage();
  progress.tell(news("calling"));
  await nextBeat();
  for (const event of ["ringing", "delivered"] as const) progress.tell(news(event));
  await nextBeat();
  expect(written).toEqual(["calling"]);
  pending[0]?.resolve();
  await breath();
  expect(written).toEqual(["calling", "delivered"]);
  pending[1]?.resolve();
  await progress.settled();
  progress.tell(news("calling"));
  await nextBeat();
  expect(written).toHaveLength(3);
});

it("tries again later, with what is newest then", async () => {
  const { progress, written, pending, clock, nextBeat } = createStage();
  progress.tell(news("ringing"));
  await nextBeat();
  pending[0]?.reject(new Error("away"));
  await breath();
  expect(written).toEqual(["ringing"]);
  progress.tell(news("delivered"));
  clock.advance(100);
  await breath();
  expect(written).toEqual(["ringing", "delivered"]);
});

it("gives up in the end, says so, and takes the next news all the same", async () => {
  const { progress, written, pending, clock, log, nextBeat } = createStage();
  progress.tell(news("delivered"));
  await nextBeat();
  for (let tries = 1; tries <= 7; tries++) {
    expect(written).toHaveLength(tries);
    pending.at(-1)?.reject(new Error("away"));
    await breath();
    clock.advance(20_000);
    await breath();
  }
  await progress.settled();
  expect(written).toHaveLength(7);
  expect(log.join("")).toContain("could not be stored");
  progress.tell(news("undelivered"));
  await nextBeat();
  expect(written.at(-1)).toBe("undelivered");
});
