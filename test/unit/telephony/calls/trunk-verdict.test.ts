import { expect, it } from "vitest";
import { outcomes } from "../../../../src/telephony/calls/outcome.ts";
import type { CallResult } from "../../../../src/telephony/calls/ports.ts";
import { endedCall, verdictOf } from "../../../../src/telephony/calls/trunk-verdict.ts";

const end = { outcome: "rang", alerted: false, endedBy: "far_end", silent: false, sipStatus: null } as const;

it.each([
  ["congestion", "call_failed"],
  ["trunk_down", "trunk_failed"],
  ["busy", "good"],
  ["unallocated", "good"],
  ["switched_off", "good"],
  ["barred", "nothing"],
  ["caller_id_refused", "nothing"],
  ["canceled", "nothing"],
  ["interrupted", "nothing"],
  ["unknown", "nothing"],
] as const)("%s before alerting says of the trunk: %s", (outcome, verdict) => {
  expect(verdictOf({ ...end, outcome })).toBe(verdict);
});

it.each([
  ["the far end said so: the trunk carried the call there", { endedBy: "far_end", silent: false }, "good"],
  [
    "the far end says that it waited in vain itself (408)",
    { endedBy: "far_end", silent: false, sipStatus: 408 },
    "nothing",
  ],
  ["we gave up, and whether the trunk spoke is not known", { endedBy: "us", silent: false }, "nothing"],
  ["we gave up, and the trunk had said nothing at all", { endedBy: "us", silent: true }, "trunk_failed"],
  ["Asterisk gave up, and the trunk had said nothing at all", { endedBy: "far_end", silent: true }, "trunk_failed"],
] as const)("no answer signal where %s", (_, known, verdict) => {
  expect(verdictOf({ ...end, outcome: "no_answer_signal", ...known })).toBe(verdict);
});

it("a live check that waited for less than 3 s says nothing of a trunk that was silent", () => {
  const result = { ...end, outcome: "no_answer_signal", endedBy: "us", silent: true } as unknown as CallResult;
  const after = (setupLimitMs: number) =>
    endedCall(result, { probe: { setupLimitMs, endsOn183: [], sparePercent: 50 } }).verdict;
  expect([1000, 2000, 2999].map(after)).toEqual(["nothing", "nothing", "nothing"]);
  expect([3000, 8000].map(after)).toEqual(["trunk_failed", "trunk_failed"]);
  expect(endedCall(result).verdict).toBe("trunk_failed");
});

it("Retry-After counts of a 503 alone, in milliseconds", () => {
  const result = { ...end, outcome: "congestion", retryAfterSeconds: 60 } as unknown as CallResult;
  const after = (sipStatus: number | null) => endedCall({ ...result, sipStatus }).retryAfterMs;
  expect([503, 500, 486, null].map(after)).toEqual([60_000, 0, 0, 0]);
  expect(endedCall({ ...end, outcome: "congestion", sipStatus: 503 } as unknown as CallResult).retryAfterMs).toBe(0);
});

it("a trunk that made the phone ring did its work, whatever came after", () => {
  for (const outcome of outcomes) expect(verdictOf({ ...end, outcome, alerted: true })).toBe("good");
});

it("a final response is never the trunk's own evidence, 401 neither; nothing sent at all is", () => {
  for (const sipStatus of [401, 402, 407]) {
    expect(verdictOf({ ...end, outcome: "trunk_down", sipStatus })).toBe("call_failed");
  }
  expect(verdictOf({ ...end, outcome: "trunk_down", endedBy: "unknown" })).toBe("trunk_failed");
});
