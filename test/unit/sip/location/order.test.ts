import { describe, expect, test } from "vitest";
import { draw, type Group } from "../../../../src/sip/location/order.ts";

/** A small generator with a fixed seed (mulberry32): the same draws in each run. */
function seeded(seed: number): { below(limit: number): number } {
  let state = seed;
  return {
    below(limit) {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return (((mixed ^ (mixed >>> 14)) >>> 0) % limit) as number;
    },
  };
}

const record = (name: string, weight: number) => ({ weight, targets: [[name]] });

function firstsOf(group: Group<string>, draws: number): Record<string, number> {
  const random = seeded(1);
  const counts: Record<string, number> = {};
  for (let at = 0; at < draws; at++) {
    const [first = ""] = draw([group], 16, random);
    counts[first] = (counts[first] ?? 0) + 1;
  }
  return counts;
}

describe("weights (RFC 2782)", () => {
  test("the first target follows the weights", () => {
    const counts = firstsOf([record("a", 60), record("b", 30), record("c", 10)], 20_000);
    // With inclusive draws of RFC 2782 each is within 1 % of its share, chance within another 1 %.
    expect(counts.a).toBeGreaterThan(0.58 * 20_000);
    expect(counts.a).toBeLessThan(0.62 * 20_000);
    expect(counts.b).toBeGreaterThan(0.28 * 20_000);
    expect(counts.c).toBeGreaterThan(0.08 * 20_000);
  });

  test("one of weight 0 beside others is drawn rarely, but is", () => {
    const counts = firstsOf([record("a", 100), record("z", 0)], 20_000);
    expect(counts.z).toBeGreaterThan(100);
    expect(counts.z).toBeLessThan(400);
  });

  test("all of weight 0: each comes, and no one is lost", () => {
    const drawn = draw([[record("a", 0), record("b", 0), record("c", 0)]], 16, seeded(2));
    expect(drawn.toSorted()).toEqual(["a", "b", "c"]);
  });

  test("the second target follows the weights of those that are left", () => {
    const random = seeded(3);
    let seconds = 0;
    let total = 0;
    for (let at = 0; at < 20_000; at++) {
      const [first, second] = draw([[record("a", 50), record("b", 40), record("c", 10)]], 16, random);
      if (first !== "a") continue;
      total++;
      if (second === "b") seconds++;
    }
    expect(seconds / total).toBeGreaterThan(0.77);
    expect(seconds / total).toBeLessThan(0.83);
  });
});

test("a lower priority comes first whatever the weights, and the end is cut", () => {
  const groups = [[record("a", 1)], [record("b", 100), record("c", 100)]];
  expect(draw(groups, 16, seeded(4))[0]).toBe("a");
  expect(draw(groups, 2, seeded(4))).toHaveLength(2);
});

test("addresses of a name share its calls, the preferred family before the other", () => {
  const random = seeded(5);
  const group = [{ weight: 1, targets: [["192.0.2.1", "192.0.2.2"], ["2001:db8::1"]] }];
  const drawn = Array.from({ length: 100 }, () => draw([group], 16, random));
  expect(new Set(drawn.map((list) => list.join(" ")))).toEqual(
    new Set(["192.0.2.1 192.0.2.2 2001:db8::1", "192.0.2.2 192.0.2.1 2001:db8::1"]),
  );
});

test("1,000 records are drawn from in time", () => {
  const group = Array.from({ length: 1000 }, (_, at) => record(`t${at}`, at));
  const startedMs = performance.now();
  for (let at = 0; at < 100; at++) expect(draw([group], 16, seeded(at))).toHaveLength(16);
  expect(performance.now() - startedMs).toBeLessThan(2000);
});
