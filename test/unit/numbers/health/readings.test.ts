/** What is kept of a number merges in any order, and any number of times, to the same. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  mergeReadings,
  mostOfKind,
  readingLength,
  readReadings,
  writeReading,
} from "../../../../src/numbers/health/readings.ts";
import { aReading, bucketSeconds } from "../../../support/health-readings.ts";

const someReadings = fc.array(aReading, { maxLength: 12 }).map((readings) => readings.map(writeReading).join(""));
const merge = (...sets: readonly string[]) => sets.reduce((all, one) => mergeReadings(all, one, bucketSeconds), "");

it("the order of evidence does not matter, nor how it was put together", () => {
  fc.assert(
    fc.property(someReadings, someReadings, someReadings, (a, b, c) => {
      expect(merge(a, b, c)).toBe(merge(c, merge(b, a)));
      expect(merge(a, merge(b, c))).toBe(merge(merge(a, b), c));
    }),
    { numRuns: 500 },
  );
});

it("evidence that comes twice says nothing more", () => {
  fc.assert(
    fc.property(someReadings, someReadings, (a, b) => {
      expect(merge(a, b, a, b, b)).toBe(merge(a, b));
    }),
    { numRuns: 300 },
  );
});

it("what is kept of a number is bounded, whatever comes", () => {
  const most = Object.values(mostOfKind).reduce((sum, one) => sum + one, 0);
  fc.assert(
    fc.property(fc.array(aReading, { maxLength: 200 }), (readings) => {
      expect(merge(readings.map(writeReading).join("")).length).toBeLessThanOrEqual(most * readingLength);
    }),
    { numRuns: 100 },
  );
});

it("reads what it wrote, to the second", () => {
  fc.assert(
    fc.property(aReading, (reading) => {
      expect(readReadings(writeReading(reading))).toEqual([reading]);
    }),
  );
});

it("passes over what another version wrote", () => {
  const known = writeReading({ kind: "a", proven: false, source: "call", via: "trunkA", app: "shop__", atMs: 1e12 });
  expect(readReadings(`zc${"x".repeat(19)}${known}uz${"x".repeat(19)}short`)).toHaveLength(1);
});
