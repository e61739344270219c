/** Readings of a number's health, for properties. */
import fc from "fast-check";
import { mostOfKind, type Reading } from "../../src/numbers/health/readings.ts";
import { healthSources } from "../../src/numbers/lookup/health-view.ts";

export const bucketSeconds = 21_600;
const startMs = Date.UTC(2026, 0, 1);

/** Few trunks, apps and times, so that many meet. */
export const aReading: fc.Arbitrary<Reading> = fc.record({
  kind: fc.constantFrom(...Object.keys(mostOfKind)),
  proven: fc.boolean(),
  source: fc.constantFrom(...healthSources),
  via: fc.constantFrom("trunkA", "trunkB", "trunkC"),
  app: fc.constantFrom("shop__", "bank__", "game__"),
  atMs: fc.integer({ min: 0, max: 20_000 }).map((minutes) => startMs + minutes * 60_000),
});
