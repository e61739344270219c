import { expect, it } from "vitest";
import { createExpiryWatch } from "../../../src/verification/expiry-watch.ts";
import { manualClock } from "./manual-clock.ts";

const breath = () => new Promise((resolve) => setImmediate(resolve));

function createStage() {
  const clock = manualClock(0);
  const looked: string[] = [];
  let mostAtOnce = 0;
  const watch = createExpiryWatch(clock, async (due) => {
    mostAtOnce = Math.max(mostAtOnce, due.length);
    for (const { id } of due) looked.push(`${id} at ${clock.nowMs()}`);
  });
  const at = async (ms: number) => {
    clock.advance(ms - clock.nowMs());
    await breath();
  };
  return { watch, looked, at, mostAtOnce: () => mostAtOnce };
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

it("looks at those of a busy second together, and at no more at once than Redis takes in its stride", async () => {
  const { watch, looked, at, mostAtOnce } = createStage();
  for (let i = 0; i < 1000; i++) watch.add(String(i), "app", 1000 + i);
  for (let ms = 1000; ms <= 2600; ms += 100) await at(ms);
  expect(looked).toHaveLength(1000);
  expect(mostAtOnce()).toBeGreaterThan(50);
  for (let i = 1000; i < 2000; i++) watch.add(String(i), "app", 3000);
  for (let ms = 3000; ms <= 3500; ms += 100) await at(ms);
  expect(looked).toHaveLength(2000);
  expect(mostAtOnce()).toBeLessThanOrEqual(250);
});
