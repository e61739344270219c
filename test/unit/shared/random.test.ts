import { expect, it } from "vitest";
import { cryptoRandom } from "../../../src/shared/random.ts";

it("draws as many bytes as asked for, never the same twice", () => {
  const drawn = Array.from({ length: 100 }, () => cryptoRandom.bytes(16).toString("hex"));
  expect(new Set(drawn).size).toBe(100);
  for (const length of [0, 17, 10_000]) expect(cryptoRandom.bytes(length)).toHaveLength(length);
});

it("draws integers from 0 to below the limit", () => {
  const drawn = new Set(Array.from({ length: 1000 }, () => cryptoRandom.below(3)));
  expect([...drawn].sort()).toEqual([0, 1, 2]);
});
