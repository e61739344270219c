import { expect, it } from "vitest";
import { createCosts } from "../../../../src/channels/voice/cost.ts";

const costOf = createCosts([
  { prefix: "+", per_minute: 0.1, increment_seconds: 60 },
  { prefix: "+44", per_minute: 0.03, increment_seconds: 1 },
  { prefix: "+44", trunk: "dear", per_minute: 0.6, increment_seconds: 30 },
]);

it.each([
  ["of the longest prefix, each started increment charged", "cheap", "+447700900123", 20_500, 0.0105],
  ["of the trunk itself where it has one", "dear", "+447700900123", 31_000, 0.6],
  ["at least one increment", "cheap", "+33612345678", 0, 0.1],
  ["nothing where it was not answered", "cheap", "+447700900123", undefined, 0],
])("a call costs the price %s", (_what, trunk, callee, talkMs, cost) => {
  expect(costOf(trunk, callee, talkMs)).toBe(cost);
});

it("the cost is unknown where no price matches", () => {
  expect(createCosts([{ prefix: "+1", per_minute: 1, increment_seconds: 60 }])("any", "+4477", 1000)).toBeNull();
});
