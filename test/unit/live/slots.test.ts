/** Places for event streams: shared by all apps, and not for the few that take many. */
import { describe, expect, it } from "vitest";
import { StreamSlots } from "../../../src/live/slots.ts";
import { Refusal } from "../../../src/shared/refusal.ts";

const limits = { max_streams: 5000, max_streams_per_app: 1000 };

/** Takes as many as are given. @returns how many, and the code of the refusal that ended it */
function takeAll(slots: StreamSlots, owner: string): [number, string] {
  for (let taken = 0; ; taken++) {
    try {
      slots.take(owner);
    } catch (error) {
      if (error instanceof Refusal) return [taken, error.code];
      throw error;
    }
  }
}

describe("places for event streams", () => {
  it("five apps at their limit leave places to a sixth, and twenty greedy ones to one more", () => {
    const slots = new StreamSlots(limits);
    const taken = ["a", "b", "c", "d", "e", "f"].map((app) => takeAll(slots, app));
    expect(taken.slice(0, 4)).toEqual(Array(4).fill([1000, "rate_limited"]));
    expect(taken[4]?.[0]).toBeGreaterThan(100);
    expect(taken[5]?.[0]).toBeGreaterThan(100);
    for (let n = 0; n < 20; n++) expect(takeAll(slots, `greedy ${n}`)[0]).toBeGreaterThan(0);
    expect(() => slots.take("quiet")).not.toThrow();
    expect(slots.open).toBeLessThan(limits.max_streams);
  });

  it("what was kept for others is free again with what was closed", () => {
    const slots = new StreamSlots({ max_streams: 10, max_streams_per_app: 8 });
    const free = Array.from({ length: 8 }, () => slots.take("a"));
    expect(() => slots.take("a")).toThrow("as one app may have");
    expect(takeAll(slots, "b")).toEqual([1, "rate_limited"]);
    for (const one of free) one();
    expect(takeAll(slots, "b")).toEqual([7, "rate_limited"]);
  });

  it("pages with client tokens leave a tenth of an app's places to its backend", () => {
    const slots = new StreamSlots({ max_streams: 100, max_streams_per_app: 20 });
    const free = Array.from({ length: 18 }, (_, n) => slots.take("a", `v${n}`));
    expect(() => slots.take("a", "v18")).toThrow("as one app's pages may have");
    expect(takeAll(slots, "a")).toEqual([2, "rate_limited"]);
    free[0]?.();
    expect(() => slots.take("a", "v18")).not.toThrow();
    // One place alone is anybody's.
    expect(() => new StreamSlots({ max_streams: 9, max_streams_per_app: 1 }).take("a", "v1")).not.toThrow();
  });

  it("an app that may have all of them, because it is the only one, gets all", () => {
    expect(takeAll(new StreamSlots({ max_streams: 100, max_streams_per_app: 100 }), "a")).toEqual([
      100,
      "rate_limited",
    ]);
  });
});
