import { describe, expect, test } from "vitest";
import {
  codesOf,
  describeEntropy,
  guessProbability,
  smallestGroup,
  whatWouldHelp,
} from "../../../src/caller-ids/entropy.ts";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

test.each([
  [10, 10_000, 0.001],
  [3, 10_000, 0.0003],
  [10, 1000, 0.01],
  [10, 5, 1],
  [1, 0, 1],
])("%i wrong checks at %i caller IDs find a code with probability %d", (wrongChecks, size, probability) => {
  expect(guessProbability(wrongChecks, size)).toBe(probability);
});

test("two calls make as many codes as there are ordered pairs of different caller IDs", () => {
  expect(codesOf(10_000, 1)).toBe(10_000);
  expect(codesOf(10_000, 2)).toBe(99_990_000);
  expect(Math.log2(codesOf(10_000, 2))).toBeGreaterThan(20);
  expect(guessProbability(10, codesOf(10_000, 2))).toBeCloseTo(1e-7, 9);
  expect(guessProbability(10, codesOf(1, 2))).toBe(1);
});

test("somebody who guesses without seeing the phone does no better than that, resting caller IDs or not", () => {
  const pool = createCallerIdPool({ r: { prefix: "+4477009000", digits: 2 } }, cryptoRandom);
  const callees = 40_000;
  const guesses = 4;
  let found = 0;
  for (let callee = 0; callee < callees; callee++) {
    // Four verifications in a row, one guess at each, never the same; what was shown rests for this callee.
    const shown = new Set<string>();
    for (let guess = 0; guess < guesses; guess++) {
      const code = pool.draw(["r"], null, guesses).find((id) => !shown.has(id.code))?.code ?? "";
      shown.add(code);
      if (Number(code) === guess) {
        found++;
        break;
      }
    }
  }
  const bound = guessProbability(guesses, 100);
  // Five standard deviations of a proportion above the bound: passes all but once in 3 million runs.
  expect(found / callees).toBeLessThan(bound + 5 * Math.sqrt((bound * (1 - bound)) / callees));
  expect(found).toBeGreaterThan(0);
});

test("the smallest group is the one that counts", () => {
  expect(
    smallestGroup(
      new Map([
        ["+331", 10_000],
        ["+332", 100],
        ["+333", 1000],
      ]),
    ),
  ).toEqual({ prefix: "+332", size: 100 });
  expect(smallestGroup(new Map())).toBeNull();
});

describe("in words", () => {
  test("size, bits and probability", () => {
    expect(describeEntropy({ prefix: "+3363998", size: 10_000 }, 10, 1)).toBe(
      "10,000 caller IDs start with +3363998 (13.3 bits): 10 wrong checks find a code with probability 0.1 %",
    );
    expect(describeEntropy({ prefix: "+336", size: 100 }, 3, 1)).toContain(
      "(6.6 bits): 3 wrong checks find a code with probability 3 %",
    );
  });

  test("bits and probability of two calls", () => {
    expect(describeEntropy({ prefix: "+336", size: 1000 }, 10, 2)).toBe(
      "1,000 caller IDs start with +336 (19.9 bits with two calls): 10 wrong checks find a code with probability 0.001 %",
    );
  });

  test("two calls are named where they would do, and only there", () => {
    expect(whatWouldHelp({ prefix: "+336", size: 1000 }, 10, 0.001, 1)).toContain("calls: 2");
    expect(whatWouldHelp({ prefix: "+336", size: 50 }, 10, 0.001, 1)).not.toContain("calls: 2");
  });

  test("what would help with two calls really does, and is the least that does", () => {
    for (const [wrongChecks, size, most] of [
      [10, 50, 0.001],
      [3, 4, 0.0003],
      [7, 20, 0.005],
    ] as const) {
      const help = whatWouldHelp({ prefix: "+336", size }, wrongChecks, most, 2);
      const needed = Number(/at least ([\d,]+)/.exec(help)?.[1]?.replaceAll(",", ""));
      expect(guessProbability(wrongChecks, codesOf(needed, 2))).toBeLessThanOrEqual(most);
      expect(guessProbability(wrongChecks, codesOf(needed - 1, 2))).toBeGreaterThan(most);
    }
  });

  test("what would help really does, and is the least that does", () => {
    for (const [wrongChecks, size, most] of [
      [11, 10_000, 0.001],
      [3, 1000, 0.0003],
      [10, 777, 0.007],
      [7, 10_000, 0.0003],
    ] as const) {
      const help = whatWouldHelp({ prefix: "+336", size }, wrongChecks, most, 1);
      const needed = Number(/at least ([\d,]+)/.exec(help)?.[1]?.replaceAll(",", ""));
      expect(guessProbability(wrongChecks, needed)).toBeLessThanOrEqual(most);
      expect(guessProbability(wrongChecks, needed - 1)).toBeGreaterThan(most);
      const cap = /at most (\d+)/.exec(help)?.[1];
      if (cap === undefined) expect(guessProbability(1, size)).toBeGreaterThan(most);
      else {
        expect(guessProbability(Number(cap), size)).toBeLessThanOrEqual(most);
        expect(guessProbability(Number(cap) + 1, size)).toBeGreaterThan(most);
      }
    }
  });
});
