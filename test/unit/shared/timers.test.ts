import { expect, it } from "vitest";
import { steadyClock } from "../../../src/shared/clock.ts";
import { Timers } from "../../../src/shared/timers.ts";
import { manualClock } from "../../support/manual-clock.ts";

/** Keeps the names of what expired. */
function recorder() {
  const expired: string[] = [];
  return { expired, owner: { expired: (name: string) => void expired.push(name) } };
}

it("ends timers of several durations when the time of each is over, and none that was stopped", () => {
  const clock = manualClock();
  const { expired, owner } = recorder();
  const timers = new Timers(clock);
  timers.start(1000, owner, "slow");
  const stopped = timers.start(200, owner, "stopped");
  timers.start(200, owner, "fast");
  clock.pass(100);
  timers.start(200, owner, "later");
  timers.stop(stopped);
  timers.stop(stopped);
  clock.pass(100);
  expect(expired).toEqual(["fast"]);
  clock.pass(100);
  expect(expired).toEqual(["fast", "later"]);
  clock.pass(700);
  expect(expired).toEqual(["fast", "later", "slow"]);
  expect([timers.size, clock.pending]).toEqual([0, 0]);
});

it("has one timer of the clock for each duration, however many run, and none where none does", () => {
  const clock = manualClock();
  const { owner } = recorder();
  const timers = new Timers(clock);
  const started = [300, 700].flatMap((ms) => Array.from({ length: 50 }, () => timers.start(ms, owner, "one")));
  expect([timers.size, clock.pending]).toEqual([100, 2]);
  for (const timer of started) timers.stop(timer);
  expect([timers.size, clock.pending]).toEqual([0, 0]);
});

it("a timer that its owner starts anew when it ends runs its whole time again", () => {
  const clock = manualClock();
  const atMs: number[] = [];
  const timers = new Timers(clock);
  const owner = {
    expired() {
      atMs.push(clock.monotonicMs());
      if (atMs.length < 3) timers.start(200, owner, "again");
    },
  };
  const begunMs = clock.monotonicMs();
  timers.start(200, owner, "again");
  clock.pass(1000);
  expect(atMs.map((at) => at - begunMs)).toEqual([200, 400, 600]);
});

it("an owner that stops the last timer of a duration and starts another one loses neither", () => {
  const clock = manualClock();
  const { expired, owner } = recorder();
  const timers = new Timers(clock);
  timers.start(
    200,
    {
      expired() {
        timers.stop(last);
        timers.start(200, owner, "new");
      },
    },
    "first",
  );
  const last = timers.start(200, owner, "last");
  clock.pass(200);
  expect([expired, timers.size]).toEqual([[], 1]);
  clock.pass(200);
  expect([expired, timers.size]).toEqual([["new"], 0]);
});

it("an owner that throws does not hold up the others", () => {
  const clock = manualClock();
  const { expired, owner } = recorder();
  const errors: unknown[] = [];
  const timers = new Timers(clock, (error) => errors.push(error));
  const failure = new Error("a bug");
  const failing = {
    expired() {
      throw failure;
    },
  };
  timers.start(200, failing, "failing");
  timers.start(200, owner, "next");
  clock.pass(200);
  expect([expired, errors]).toEqual([["next"], [failure]]);
});

it("a clock that is set ends none of them, and holds none", () => {
  const clock = manualClock();
  const { expired, owner } = recorder();
  const timers = new Timers(steadyClock(clock));
  timers.start(1000, owner, "one");
  clock.set(3_600_000);
  clock.pass(999);
  expect(expired).toEqual([]);
  clock.set(-7_200_000);
  clock.pass(1);
  expect(expired).toEqual(["one"]);
});
