import { expect, it } from "vitest";
import { compare } from "../../../bench/support/comparison.ts";

it("gives the ratio of the medians, and the extremes of single rounds", () => {
  expect(compare("calls/s", [900, 1000, 1100], [1000, 1000, 1000])).toEqual({
    figure: "calls/s",
    ours: 1000,
    other: 1000,
    ratio: 1,
    ratioLow: 0.9,
    ratioHigh: 1.1,
  });
});

it("leaves out rounds in which one of the two has no figure", () => {
  expect(compare("p99_ms", [20, null, 40], [10, 10, null])).toMatchObject({ ours: 20, other: 10, ratio: 2 });
  expect(compare("p99_ms", [null], [10])).toBeNull();
});
