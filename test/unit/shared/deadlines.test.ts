import { expect, it } from "vitest";
import { createDeadlines } from "../../../src/shared/deadlines.ts";
import { manualClock } from "../../support/manual-clock.ts";

it("calls back for each that was not canceled, when its own time is over", () => {
  const clock = manualClock();
  const ended: string[] = [];
  const deadlines = createDeadlines(clock, 1000);
  deadlines.begin(() => ended.push("first"));
  clock.advance(400);
  const cancel = deadlines.begin(() => ended.push("canceled"));
  deadlines.begin(() => ended.push("second"));
  cancel();
  clock.advance(599);
  expect(ended).toEqual([]);
  clock.advance(1);
  expect(ended).toEqual(["first"]);
  clock.advance(400);
  expect(ended).toEqual(["first", "second"]);
  expect(deadlines.size).toBe(0);
});

it("has one timer while any runs, and none where none does", () => {
  let set = 0;
  let cleared = 0;
  const clock = manualClock();
  const counted = {
    nowMs: () => clock.nowMs(),
    after(ms: number, callback: () => void) {
      set++;
      const stop = clock.after(ms, callback);
      return () => {
        cleared++;
        stop();
      };
    },
  };
  const deadlines = createDeadlines(counted, 1000);
  const cancels = Array.from({ length: 50 }, () => deadlines.begin(() => undefined));
  expect([set, cleared]).toEqual([1, 0]);
  for (const cancel of cancels) cancel();
  expect([set, cleared]).toEqual([1, 1]);
});

it.each([
  ["forward", 3_600_000],
  ["back", -3_600_000],
])("a clock that is set %s ends none of them, and holds none", (_, byMs) => {
  const clock = manualClock();
  const ended: string[] = [];
  const deadlines = createDeadlines(clock, 1000);
  deadlines.begin(() => ended.push("first"));
  clock.advance(900);
  deadlines.begin(() => ended.push("second"));
  clock.set(byMs);
  clock.advance(100);
  expect(ended).toEqual(["first"]);
  clock.advance(899);
  expect(ended).toEqual(["first"]);
  clock.advance(1);
  expect([ended, deadlines.size, clock.pending]).toEqual([["first", "second"], 0, 0]);
});
