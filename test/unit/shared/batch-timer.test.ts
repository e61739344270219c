import { expect, it } from "vitest";
import { createBatchTimer } from "../../../src/shared/batch-timer.ts";
import { manualClock } from "../../support/manual-clock.ts";

const breath = () => new Promise((resolve) => setImmediate(resolve));

it("beats once for all who wait, and anew for those who come after", async () => {
  const clock = manualClock();
  const batchTimer = createBatchTimer(clock, 20);
  const heard: string[] = [];
  const wait = (name: string) => void batchTimer.next().then(() => heard.push(name));
  wait("a");
  clock.advance(15);
  wait("b");
  await breath();
  expect(heard).toEqual([]);
  clock.advance(5);
  await breath();
  expect(heard).toEqual(["a", "b"]);

  wait("c");
  clock.advance(19);
  await breath();
  expect(heard).toHaveLength(2);
  batchTimer.flush();
  await breath();
  expect(heard).toEqual(["a", "b", "c"]);
  clock.advance(100);
  batchTimer.flush();
  await breath();
  expect(heard).toHaveLength(3);
});
