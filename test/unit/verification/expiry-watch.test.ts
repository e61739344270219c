import { expect, it } from "vitest";
import { createExpiryWatch } from "../../../src/verification/expiry-watch.ts";
import { manualClock } from "./manual-clock.ts";

const breath = () => new Promise((resolve) => setImmediate(resolve));

function createStage() {
  const clock = manualClock(0);
  const looked: string[] = [];
  const watch = createExpiryWatch(clock, async (id) => void looked.push(`${id} at ${clock.nowMs()}`));
  const at = async (ms: number) => {
    clock.advance(ms - clock.nowMs());
    await breath();
  };
  return { watch, looked, at };
}

it("looks at each when its time is over, and at none that ended before", async () => {
  const { watch, looked, at } = createStage();
  watch.add("a", "app", 1000);
  watch.add("b", "app", 1000);
  watch.add("c", "app", 2000);
  watch.remove("b");
  await at(999);
  expect(looked).toEqual([]);
  await at(1000);
  await at(2000);
  expect(looked).toEqual(["a at 1000", "c at 2000"]);
});

it("waits for the new time of one that was given a longer life", async () => {
  const { watch, looked, at } = createStage();
  watch.add("a", "app", 1000);
  watch.add("b", "app", 1500);
  watch.add("a", "app", 2000);
  await at(1000);
  await at(1500);
  expect(looked).toEqual(["b at 1500"]);
  await at(2000);
  expect(looked).toEqual(["b at 1500", "a at 2000"]);
});

it("looks at nothing after it was stopped", async () => {
  const { watch, looked, at } = createStage();
  watch.add("a", "app", 1000);
  watch.stop();
  await at(5000);
  watch.add("b", "app", 6000);
  await at(6000);
  expect(looked).toEqual([]);
});
