import { describe, expect, it } from "vitest";
import { type CallEnd, resultOf } from "../../../../src/telephony/calls/attempt-result.ts";
import type { Evidence } from "../../../../src/telephony/sip-capture/evidence.ts";

/** Our own hang-up after ringing, as Asterisk tells it. */
const rang: CallEnd = {
  startedAtMs: 0,
  alertedAtMs: 1000,
  endedAtMs: 6000,
  exists: true,
  refusal: null,
  answered: false,
  canceled: false,
  endedBy: "us",
  sipStatus: null,
  q850Cause: 16,
  sipCallId: "call-1",
  farEndRefused: false,
};
/** The far end's 480 before alerting, as Asterisk tells it. */
const refused: CallEnd = { ...rang, alertedAtMs: null, endedBy: "far_end", sipStatus: 480, q850Cause: 19 };

const sent: Evidence = {
  inviteAtMs: 500_000.25,
  respondedAtMs: null,
  progressAtMs: null,
  earlyMedia: false,
  alertingAtMs: null,
  final: null,
  canceledAtMs: null,
  byeFrom: null,
  over: false,
};
const alerting: Evidence = { ...sent, respondedAtMs: 500_001, alertingAtMs: 500_900.75 };
const canceled: Evidence = { ...alerting, canceledAtMs: 505_900 };
const final = (evidence: Evidence, status: number, q850Cause: number | null = null): Evidence => ({
  ...evidence,
  final: { atMs: 506_000, status, q850Cause },
  over: true,
});

describe("the result of an attempt", () => {
  it("without a capture is what Asterisk's events say", () => {
    expect(resultOf(rang, false, null)).toEqual({
      outcome: "rang",
      alerted: true,
      postDialDelayMs: 1000,
      ringMs: 5000,
      sipStatus: null,
      q850Cause: 16,
      endedBy: "us",
      evidence: "events",
      falseAnswer: false,
      silent: false,
      inviteOver: false,
      tries: [],
    });
  });

  it("with a capture has the times of the wire, the ring until our CANCEL", () => {
    expect(resultOf(rang, false, final(canceled, 487))).toMatchObject({
      ...{ outcome: "rang", endedBy: "us", sipStatus: 487, evidence: "sip", inviteOver: true },
      ...{ postDialDelayMs: 901, ringMs: 4999 },
    });
  });

  it.each<[string, CallEnd, Evidence, object]>([
    ["480 with cause 20 is switched off", refused, final(sent, 480, 20), { outcome: "switched_off", q850Cause: 20 }],
    ["480 with no cause is no answer", refused, final(sent, 480), { outcome: "no_answer_signal", endedBy: "far_end" }],
    [
      "a 200 that crossed our CANCEL is an answer",
      rang,
      final(canceled, 200),
      { outcome: "answered", falseAnswer: false },
    ],
    [
      "a 200 with no 180 before is a false answer",
      { ...rang, alertedAtMs: null },
      final(sent, 200),
      { falseAnswer: true },
    ],
    [
      "a 486 that crossed our CANCEL is the person's",
      rang,
      final(canceled, 486),
      { outcome: "declined", endedBy: "far_end" },
    ],
    ["a 480 to our CANCEL is our end", { ...rang, canceled: true }, final(canceled, 480), { outcome: "canceled" }],
    [
      "a 486 to an app's cancel is busy",
      { ...rang, alertedAtMs: null, canceled: true },
      final({ ...sent, canceledAtMs: 505_000 }, 486),
      { outcome: "busy" },
    ],
    [
      "an alerting that only the wire saw counts",
      refused,
      final(alerting, 603),
      { outcome: "declined", alerted: true, ringMs: 5099 },
    ],
    [
      "an alerting that only the events saw counts",
      { ...refused, alertedAtMs: 1000 },
      final(sent, 486),
      { outcome: "declined", postDialDelayMs: 1000 },
    ],
    ["a missing 487 leaves the INVITE alive", rang, canceled, { outcome: "rang", evidence: "sip", inviteOver: false }],
    [
      "a 503 that Asterisk made up leaves it alive",
      { ...refused, sipStatus: 503, q850Cause: 34, farEndRefused: true },
      sent,
      { outcome: "congestion", evidence: "events", inviteOver: false },
    ],
    [
      "the far end's BYE is the far end's",
      { ...rang, answered: true },
      { ...final(alerting, 200), byeFrom: "far_end" },
      { endedBy: "far_end" },
    ],
  ])("%s", (_, end, evidence, expected) => {
    expect(resultOf(end, false, evidence)).toMatchObject(expected);
  });

  it("counts a 183 as alerting only where the trunk says so", () => {
    const progress = { ...canceled, progressAtMs: 500_500.25, alertingAtMs: null };
    const silent = { ...rang, alertedAtMs: null };
    expect(resultOf(silent, false, progress)).toMatchObject({ outcome: "no_answer_signal", alerted: false });
    expect(resultOf(silent, true, progress)).toMatchObject({ outcome: "rang", postDialDelayMs: 500, ringMs: 5400 });
  });

  it("never has a negative time, should Asterisk's clock be set back", () => {
    expect(resultOf(rang, false, { ...canceled, alertingAtMs: 400_000, canceledAtMs: 300_000 })).toMatchObject({
      ...{ postDialDelayMs: 0, ringMs: 0 },
    });
  });
});

describe("without a capture an INVITE is surely over", () => {
  it.each<[string, Partial<CallEnd>, boolean]>([
    ["where the far end refused", { sipStatus: 503, q850Cause: 34, farEndRefused: true }, true],
    ["where it was answered", { answered: true, endedBy: "us" }, true],
    ["where nothing was sent: not connected", { exists: false, refusal: "not_connected", endedBy: "nobody" }, true],
    ["where nothing was sent: trunk down", { exists: false, refusal: "trunk_down", endedBy: "nobody" }, true],
    ["but not where we hung up", { endedBy: "us", q850Cause: 16, sipStatus: null }, false],
    ["but not where it may be Asterisk's own fail-safe", { farEndRefused: false }, false],
    ["but not where Asterisk did not answer", { exists: false, refusal: "no_response", endedBy: "nobody" }, false],
    ["but not where a call with this id was up", { exists: false, refusal: "duplicate", endedBy: "nobody" }, false],
    ["but not where the end was never seen", { endedBy: "nobody", sipStatus: null, q850Cause: null }, false],
  ])("%s", (_, known, over) => {
    expect(resultOf({ ...refused, ...known }, false, null).inviteOver).toBe(over);
  });
});
