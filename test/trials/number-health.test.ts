/** Fewer calls to dead numbers at equal reach, over a stated mix; `npm run trials:health` plays the wide form. */
import { expect, it } from "vitest";
import { compare, mixes, reachPercent, savedPercent, tableOf } from "./number-health.ts";

const numbers = 3000;

it.each([
  // Confirmed in one call, by both; what is lost are numbers that were given out again within a half-life.
  ["two good trunks", 60, 99.8],
  // Its 404 is known to be wrong too often, so that it does not count: only the good one's, twice.
  ["cheap trunk first (10 % unroutable, 3 days broken), good one second", 25, 99.9],
  ["one good trunk", 25, 99.8],
  ["cheap trunk alone", 25, 99.8],
] as const)("%s: fewer calls to dead numbers, equal reach", async (name, saved, reach) => {
  const mix = mixes.find((one) => one.name === name);
  if (mix === undefined) throw new Error(`no mix is called ${name}`);
  const row = await compare(mix, 4711, numbers);
  expect(savedPercent(row), tableOf([row])).toBeGreaterThanOrEqual(saved);
  expect(reachPercent(row), tableOf([row])).toBeGreaterThanOrEqual(reach);
});
