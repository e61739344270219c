/** What a live check says of each outcome of its call. */
import { describe, expect, it } from "vitest";
import { type Outcome, outcomes } from "../../../../src/telephony/calls/outcome.ts";
import type { CallResult } from "../../../../src/telephony/calls/ports.ts";
import { readingOf, testReading } from "../../../../src/telephony/live-check/reading.ts";

const result = (own: Partial<CallResult>): CallResult => ({
  ...{ outcome: "rang", alerted: false, progress: false, postDialDelayMs: null, ringMs: null, sipStatus: null },
  ...{ q850Cause: null, endedBy: "far_end", source: "events", falseAnswer: false, silent: false, inviteOver: true },
  ...{ networkBlocked: false, redressUrl: null, attempts: [{ trunk: "a", asterisk: "m", outcome: "rang" }] },
  ...own,
});

const table: Readonly<Record<Outcome, readonly [state: string, reason: string | null]>> = {
  rang: ["reachable", null],
  answered: ["reachable", null],
  busy: ["reachable", null],
  declined: ["reachable", null],
  no_answer_signal: ["unknown", "ambiguous"],
  unallocated: ["unallocated", null],
  // It may have been ported.
  changed: ["unknown", "ambiguous"],
  switched_off: ["switched_off", null],
  invalid_format: ["unknown", "not_carried"],
  barred: ["unknown", "not_carried"],
  caller_id_refused: ["unknown", "not_carried"],
  congestion: ["unknown", "not_carried"],
  trunk_down: ["unknown", "not_carried"],
  unknown: ["unknown", "not_carried"],
  canceled: ["unknown", "interrupted"],
  interrupted: ["unknown", "interrupted"],
};

it.each(outcomes)("%s", (outcome) => {
  const [state, reason] = table[outcome];
  expect(readingOf(result({ outcome }), [])).toMatchObject({ state, reason, evidence: { outcome } });
});

describe("what looks like a phone and may be none", () => {
  it("an answer without a 180 is voicemail, screening or false answer supervision", () => {
    const early = result({ outcome: "answered", falseAnswer: true, sipStatus: 200 });
    expect(readingOf(early, [])).toMatchObject({
      state: "unknown",
      reason: "ambiguous",
      evidence: { falseAnswer: true },
    });
  });

  it("a 183 alone may be an announcement, unless the trunk sends it for no other reason", () => {
    const own = result({ outcome: "no_answer_signal", endedBy: "us", progress: true });
    expect(readingOf(own, [])).toMatchObject({ state: "unknown", reason: "no_signal" });
    expect(readingOf(own, ["a"])).toMatchObject({ state: "reachable", reason: null, evidence: { alerted: false } });
    expect(readingOf(own, ["b"]).state).toBe("unknown");
    expect(readingOf({ ...own, endedBy: "far_end" }, ["a"])).toMatchObject({ state: "unknown", reason: "ambiguous" });
  });
});

it("a number is confirmed by a second trunk, not by a second Asterisk of the same trunk", () => {
  const attempt = (trunk: string, asterisk: string) => ({ trunk, asterisk, outcome: "unallocated" }) as const;
  const twice = (other: ReturnType<typeof attempt>) =>
    readingOf(result({ outcome: "unallocated", attempts: [attempt("a", "one"), other] }), []).evidence;
  expect(twice(attempt("b", "one"))).toMatchObject({ trunks: 2, confirmed: true });
  expect(twice(attempt("a", "two"))).toMatchObject({ trunks: 1, confirmed: false });
});

it("a test number answers by its scenario, without a call", () => {
  const busy = testReading({ outcome: "busy", alerted: false, sipStatus: 486, q850Cause: 17 });
  expect(busy).toMatchObject({
    state: "reachable",
    reason: null,
    evidence: { source: "test", trunks: 0, sipStatus: 486 },
  });
  const silent = testReading({ outcome: "no_answer_signal", alerted: false, sipStatus: 487, q850Cause: null });
  expect(silent).toMatchObject({ state: "unknown", reason: "no_signal" });
});
