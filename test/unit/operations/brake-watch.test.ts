import { expect, it } from "vitest";
import { type BrakeChange, createBrakeWatch } from "../../../src/operations/brake-watch.ts";
import type { BrakedNow } from "../../../src/telephony/trunks/brakes.ts";
import { manualClock } from "../../support/manual-clock.ts";

it("reports an app or a prefix that is slowed down once, and when it no longer is", () => {
  const clock = manualClock();
  let braked: BrakedNow[] = [];
  const changes: BrakeChange[] = [];
  const watch = createBrakeWatch(
    () => braked,
    (change) => void changes.push(change),
    clock,
  );
  watch.start();
  watch.start();
  const prefix = { kind: "prefix", name: "+4474065", reason: "answered" } as const;
  braked = [prefix];
  clock.advance(1000);
  clock.advance(5000);
  braked = [{ ...prefix, reason: "false_answer" }];
  clock.advance(1000);
  braked = [];
  clock.advance(1000);
  expect(changes.map(({ name, reason, state }) => `${name} ${reason} ${state}`)).toEqual([
    "+4474065 answered braked",
    "+4474065 false_answer braked",
    "+4474065 answered released",
    "+4474065 false_answer released",
  ]);
  watch.stop();
  expect(clock.pending).toBe(0);
});
