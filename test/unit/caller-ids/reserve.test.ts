import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCallerIdPool } from "../../../src/caller-ids/pool.ts";
import { callsPerHourAtLeast, groupsOf, maxUnavailable, reserveOf } from "../../../src/caller-ids/reserve.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

const pool = createCallerIdPool(
  {
    block: { prefix: "+44207946", digits: 4 },
    low: { numbers: ["+33639980000", "+33639980001", "+33639980002"], digits: 4 },
    high: { numbers: ["+33639980100", "+33639980101", "+33639980102"], digits: 4 },
    short: { prefix: "+4420795", digits: 3 },
  },
  cryptoRandom,
);

describe("what may be drawn from while caller IDs are out", () => {
  it("is judged by what shares a prefix: that is what somebody who guesses knows", () => {
    const out: Record<string, number> = { block: 17, low: 2, high: 1 };
    expect(groupsOf(pool, ["low", "block", "high"], 4, (range) => out[range] ?? 0)).toEqual([
      { prefix: "+3363998", ranges: ["low", "high"], size: 6, unavailable: 3 },
      { prefix: "+44207946", ranges: ["block"], size: 10_000, unavailable: 17 },
    ]);
  });

  it("leaves out ranges with codes of another length", () => {
    expect(groupsOf(pool, ["block", "short"], 3, () => 0).map(({ ranges }) => ranges)).toEqual([["short"]]);
  });

  it("always leaves half of each range that is used, for whom most of it rests too", () => {
    const group = fc
      .integer({ min: 1, max: 100_000 })
      .chain((size) =>
        fc.nat(size).map((unavailable) => ({ prefix: "+1", ranges: [`of ${size}`], size, unavailable })),
      );
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 5 }), (groups) => {
        const room = reserveOf(groups);
        const overHalf = groups.filter(({ size, unavailable }) => 2 * unavailable > size);
        if (room === null) {
          expect(overHalf).toHaveLength(groups.length);
          return;
        }
        const used = groups.filter(({ size, unavailable }) => 2 * unavailable <= size);
        expect(room.ranges).toEqual(used.flatMap(({ ranges }) => ranges));
        for (const { size, unavailable } of used)
          expect(size - unavailable - room.maxCoolingDown).toBeGreaterThanOrEqual(size / 2);
      }),
    );
  });
});

it("half of each group may be unavailable, rounded down: that bounds the calls an hour too", () => {
  expect([maxUnavailable(10_000), maxUnavailable(3), maxUnavailable(1)]).toEqual([5000, 1, 0]);
  expect(callsPerHourAtLeast([10_000, 3, 1], 3)).toBe(15_003);
});
