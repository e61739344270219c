import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import type { RangeConfig } from "../../../src/caller-ids/ranges-config.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";

/**
 * Critical values of the chi-square distribution at 10^-6 (scipy.stats.chi2.isf(1e-6, df)): a right generator fails a
 * test once in a million runs, a biased one always at these sample sizes.
 */
const critical = { df23: 70.5, df999: 1226.0, df1099: 1336.4 };

function chiSquare(counts: Iterable<number>, expected: number): number {
  let sum = 0;
  for (const count of counts) sum += (count - expected) ** 2 / expected;
  return sum;
}

function tally<T>(draws: number, draw: () => T): Map<T, number> {
  const counts = new Map<T, number>();
  for (let i = 0; i < draws; i++) {
    const drawn = draw();
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  return counts;
}

const thousand: RangeConfig = { prefix: "+33639980", digits: 3 };
const list: RangeConfig = { numbers: Array.from({ length: 100 }, (_, i) => `+3363998${1000 + i * 7}`), digits: 4 };

test("the lengths of the codes that ranges show, each once", () => {
  const pool = createCallerIdPool({ thousand, list, more: { prefix: "+4420795", digits: 3 } }, cryptoRandom);
  expect(pool.lengths(["list", "more", "thousand"])).toEqual([3, 4]);
  expect(pool.lengths([])).toEqual([]);
});

describe("what is drawn", () => {
  test("a block's numbers: prefix and code, zeros in front included", () => {
    const pool = createCallerIdPool({ ten: { prefix: "+336399800", digits: 2 } }, cryptoRandom);
    const drawn = pool.draw(["ten"], null, 100);
    expect(drawn.map(({ code }) => code).sort()).toEqual(
      Array.from({ length: 100 }, (_, i) => String(i).padStart(2, "0")),
    );
    for (const { number, prefix, code } of drawn) {
      expect(prefix).toBe("+336399800");
      expect(number).toBe(prefix + code);
    }
  });

  test("a list's numbers, with what they share as prefix", () => {
    const numbers = ["+33639980007", "+33639981234", "+33639989999"];
    const pool = createCallerIdPool({ three: { numbers, digits: 4 } }, cryptoRandom);
    const drawn = [...pool.draw(["three"], null, 3)].sort((a, b) => a.number.localeCompare(b.number));
    expect(drawn).toEqual([
      { number: "+33639980007", range: "three", prefix: "+3363998", code: "0007" },
      { number: "+33639981234", range: "three", prefix: "+3363998", code: "1234" },
      { number: "+33639989999", range: "three", prefix: "+3363998", code: "9999" },
    ]);
  });

  test("only ranges that are named and have the asked length; all that there are, where there are fewer", () => {
    const pool = createCallerIdPool({ thousand, list, other: { prefix: "+449", digits: 3 } }, cryptoRandom);
    expect(pool.draw(["thousand", "list"], 4, 5000)).toHaveLength(100);
    expect(pool.draw(["thousand", "list"], 3, 5000)).toHaveLength(1000);
    expect(pool.draw(["thousand", "list"], null, 5000)).toHaveLength(1100);
    expect(pool.draw(["thousand", "list"], 6, 5000)).toEqual([]);
    expect(pool.draw(["list", "list"], null, 5000)).toHaveLength(100);
    expect(pool.draw([], null, 1)).toEqual([]);
  });

  test("a block of 10^8 costs no more than a small one", () => {
    const pool = createCallerIdPool({ huge: { prefix: "+336", digits: 8 } }, cryptoRandom);
    const tookMs = cpuTimeMs(() => {
      for (let i = 0; i < 1000; i++) expect(pool.draw(["huge"], null, 20)).toHaveLength(20);
    });
    expect(tookMs).toBeLessThan(2000);
  });

  test("mistakes of the program are errors: an unknown range, a draw without bound", () => {
    const pool = createCallerIdPool({ thousand }, cryptoRandom);
    expect(() => pool.draw(["toString"], null, 1)).toThrow(RangeError);
    expect(() => pool.sizes(["nowhere"], null)).toThrow(RangeError);
    for (const count of [-1, 1.5, Number.NaN, 100_001])
      expect(() => pool.draw(["thousand"], null, count)).toThrow(RangeError);
  });

  test("for any ranges: distinct members of the ranges, as many as asked for", () => {
    const block = fc.record({ digits: fc.integer({ min: 2, max: 5 }), start: fc.integer({ min: 10, max: 99 }) });
    fc.assert(
      fc.property(
        fc.uniqueArray(block, { selector: ({ start }) => start, minLength: 1, maxLength: 4 }),
        fc.nat(300),
        (blocks, count) => {
          const ranges = Object.fromEntries(
            blocks.map(({ start, digits }) => [`r${start}`, { prefix: `+${start}55`, digits }]),
          );
          const pool = createCallerIdPool(ranges, cryptoRandom);
          const drawn = pool.draw(Object.keys(ranges), null, count);
          const total = blocks.reduce((sum, { digits }) => sum + 10 ** digits, 0);
          expect(drawn).toHaveLength(Math.min(count, total));
          expect(new Set(drawn.map(({ number }) => number)).size).toBe(drawn.length);
          for (const { number, prefix, code } of drawn) {
            expect(number).toBe(prefix + code);
            expect(Object.values(ranges)).toContainEqual({ prefix, digits: code.length });
          }
        },
      ),
    );
  });
});

describe("how it is drawn", () => {
  test("200,000 selections from a 1,000-number range are uniform", () => {
    const pool = createCallerIdPool({ thousand }, cryptoRandom);
    const counts = tally(200_000, () => pool.draw(["thousand"], null, 1)[0]?.number);
    expect(counts.size).toBe(1000);
    expect(chiSquare(counts.values(), 200)).toBeLessThan(critical.df999);
  });

  test("over ranges of different sizes every number has the same chance", () => {
    const pool = createCallerIdPool({ thousand, list }, cryptoRandom);
    const counts = tally(220_000, () => pool.draw(["thousand", "list"], null, 1)[0]?.number);
    expect(counts.size).toBe(1100);
    expect(chiSquare(counts.values(), 200)).toBeLessThan(critical.df1099);
  });

  test("every order of a small range comes up equally often", () => {
    const numbers = ["+33639980001", "+33639980002", "+33639980003", "+33639980004"];
    const pool = createCallerIdPool({ four: { numbers, digits: 4 } }, cryptoRandom);
    const orders = tally(48_000, () =>
      pool
        .draw(["four"], null, 4)
        .map(({ code }) => code)
        .join(),
    );
    expect(orders.size).toBe(24);
    expect(chiSquare(orders.values(), 2000)).toBeLessThan(critical.df23);
  });

  test("the first that is not taken is uniform among those that are not taken", () => {
    const pool = createCallerIdPool({ thousand }, cryptoRandom);
    // A third rests for this callee; the service takes the first of the draw that does not.
    const rests = (code: string) => Number(code) % 3 === 0;
    const counts = tally(133_200, () => pool.draw(["thousand"], null, 40).find(({ code }) => !rests(code))?.code);
    expect(counts.size).toBe(666);
    // chi2.isf(1e-6, 665) = 853.0
    expect(chiSquare(counts.values(), 200)).toBeLessThan(853.0);
  });

  test("randomness is the given one: the same choices give the same draw", () => {
    const scripted = (choices: number[]) => ({
      ...cryptoRandom,
      below: (limit: number) => (choices.shift() ?? 0) % limit,
    });
    const draw = (...choices: number[]) =>
      createCallerIdPool({ thousand }, scripted(choices))
        .draw(["thousand"], null, choices.length)
        .map(({ code }) => code);
    expect(draw(0, 0, 0)).toEqual(["000", "001", "002"]);
    expect(draw(999, 998, 0)).toEqual(["999", "000", "002"]);
  });
});

describe("pairs for two calls", () => {
  const four: RangeConfig = { numbers: [1, 2, 3, 4].map((n) => `+3363998000${n}`), digits: 4 };

  test("every ordered pair of different caller IDs comes up equally often", () => {
    const even: RangeConfig = { numbers: ["+33639980002", "+33639980004"], digits: 4 };
    const odd: RangeConfig = { numbers: ["+33639980001", "+33639980003", "+33639980005"], digits: 4 };
    const pool = createCallerIdPool({ even, odd }, cryptoRandom);
    const pairs = tally(40_000, () =>
      pool
        .drawPairs(["even", "odd"], null, 1)[0]
        ?.map(({ code }) => code)
        .join(),
    );
    expect(pairs.size).toBe(20);
    // chi2.isf(1e-6, 19) = 63.7
    expect(chiSquare(pairs.values(), 2000)).toBeLessThan(63.7);
  });

  test("the first pair of which neither rests is uniform among those", () => {
    const pool = createCallerIdPool({ four }, cryptoRandom);
    const free = (code: string) => code !== "0002";
    const pairs = tally(12_000, () =>
      pool
        .drawPairs(["four"], null, 60)
        .find((pair) => pair.every(({ code }) => free(code)))
        ?.map(({ code }) => code)
        .join(),
    );
    expect(pairs.size).toBe(6);
    // chi2.isf(1e-6, 5) = 35.9
    expect(chiSquare(pairs.values(), 2000)).toBeLessThan(35.9);
  });

  test("both have the same prefix, whatever the ranges", () => {
    const pool = createCallerIdPool({ thousand, list, four }, cryptoRandom);
    const drawn = pool.drawPairs(["thousand", "list", "four"], null, 500);
    for (const [first, second] of drawn) {
      expect(second?.prefix).toBe(first?.prefix);
      expect(second?.number).not.toBe(first?.number);
    }
    expect(new Set(drawn.map(([first]) => first?.prefix)).size).toBe(2);
    for (const pair of pool.drawPairs(["thousand", "list"], 4, 50)) expect(pair[0]?.code).toHaveLength(4);
  });
});

test("sizes are counted for each prefix, over the ranges that share it", () => {
  const even: RangeConfig = { numbers: ["+33639980000", "+33639980002"], digits: 4 };
  const odd: RangeConfig = { numbers: ["+33639980001", "+33639980003", "+33639980005"], digits: 4 };
  const pool = createCallerIdPool({ thousand, even, odd }, cryptoRandom);
  expect(pool.sizes(["thousand", "even", "odd"], null)).toEqual(
    new Map([
      ["+33639980", 1000],
      ["+3363998", 5],
    ]),
  );
  expect(pool.sizes(["even"], null)).toEqual(new Map([["+3363998", 2]]));
  expect(pool.sizes(["thousand", "even"], 3)).toEqual(new Map([["+33639980", 1000]]));
  expect(pool.sizes(["thousand"], 9)).toEqual(new Map());
});
