import fc from "fast-check";
import { expect, it } from "vitest";
import { LatestMap } from "../../../src/shared/latest-map.ts";

it("has the latest entries, with their latest values, and never more than twice as many as it must", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(12), { maxLength: 60 }), (least, keys) => {
      const map = new LatestMap<number, number | null>(least);
      for (const [index, key] of keys.entries()) map.set(key, index % 3 === 0 ? null : index);
      const latest = [...new Set(keys.toReversed())].slice(0, least);
      for (const key of latest) {
        const index = keys.lastIndexOf(key);
        expect(map.has(key)).toBe(true);
        expect(map.get(key)).toBe(index % 3 === 0 ? null : index);
      }
      expect(Array.from({ length: 13 }, (_, key) => key).filter((key) => map.has(key)).length).toBeLessThanOrEqual(
        2 * least,
      );
    }),
  );
});

it("what is deleted is gone, with what it was set to before", () => {
  const map = new LatestMap<string, number>(2);
  for (const [key, value] of [
    ["a", 1],
    ["b", 2],
    ["c", 3],
    ["a", 4],
  ] as const)
    map.set(key, value);
  map.delete("a");
  expect([map.has("a"), map.get("a"), map.get("b"), map.get("c")]).toEqual([false, undefined, 2, 3]);
});
