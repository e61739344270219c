import { expect, it } from "vitest";
import { perTurn } from "../../../src/redis/per-turn.ts";

it("asks together for what was wanted in one turn, and in order", async () => {
  const calls: unknown[] = [];
  const ask = perTurn<number, number>(async (group, items) => {
    calls.push([group, items]);
    return items.map((item) => item * 10);
  });
  const answers = [ask("a", 1), Promise.resolve().then(() => ask("a", 2)), ask("b", 3)];
  expect(await Promise.all(answers)).toEqual([10, 20, 30]);
  expect(await ask("a", 4)).toBe(40);
  expect(calls).toEqual([
    ["a", [1, 2]],
    ["b", [3]],
    ["a", [4]],
  ]);
});

it("asks for a hundred together at most", async () => {
  const sizes: number[] = [];
  const ask = perTurn<number, number>(async (_group, items) => {
    sizes.push(items.length);
    return items;
  });
  const wanted = Array.from({ length: 250 }, (_, index) => index);
  expect(await Promise.all(wanted.map((item) => ask("a", item)))).toEqual(wanted);
  expect(sizes).toEqual([100, 100, 50]);
});

it("leaves those beside one that failed as they are, and fails all where there is no answer", async () => {
  const ask = perTurn<string, string>(async (_group, items) => {
    if (items.includes("away")) throw new Error("no answer");
    return items.map((item) => (item === "bad" ? new Error(item) : item));
  });
  const some = await Promise.allSettled([ask("a", "one"), ask("a", "bad"), ask("a", "two")]);
  expect(some.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const all = await Promise.allSettled([ask("a", "one"), ask("a", "away")]);
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});
