import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../../src/sip/evidence.ts";
import { type CallEnd, mayStillRing, resultOf } from "../../../../src/telephony/calls/attempt-result.ts";

/** Our own hang-up after ringing, as Asterisk tells it. */
const rang: CallEnd = {
  startedAtMs: 0,
  alertedAtMs: 1000,
  endedAtMs: 6000,
  exists: true,
  refusal: null,
  answeredAtMs: null,
  canceled: false,
  endedBy: "us",
  sipStatus: null,
  q850Cause: 16,
  sipCallId: "call-1",
  farEndRefused: false,
  progressed: false,
  lastResponse: null,
  evidence: null,
};
/** The far end's 480 before alerting, as Asterisk tells it. */
const refused: CallEnd = { ...rang, alertedAtMs: null, endedBy: "far_end", sipStatus: 480, q850Cause: 19 };

const last = (status: number, phrase = "") => ({ status, phrase });
const sent: Evidence = {
  inviteAtMs: 500_000.25,
  respondedAtMs: null,
  progressAtMs: null,
  alertingAtMs: null,
  final: null,
  canceledAtMs: null,
  cancelAcceptedAtMs: null,
  forked: false,
  byeFrom: null,
  over: false,
};
const alerting: Evidence = { ...sent, respondedAtMs: 500_001, alertingAtMs: 500_900.75 };
const canceled: Evidence = { ...alerting, canceledAtMs: 505_900 };
const final = (evidence: Evidence, status: number, q850Cause: number | null = null): Evidence => ({
  ...evidence,
  final: { atMs: 506_000, status, q850Cause, networkBlocked: false, redressUrl: null },
  over: true,
});

describe("the result of an attempt", () => {
  it("without a capture is what Asterisk's events say", () => {
    expect(resultOf(rang, false, null)).toEqual({
      outcome: "rang",
      alerted: true,
      progress: false,
      networkBlocked: false,
      redressUrl: null,
      postDialDelayMs: 1000,
      ringMs: 5000,
      sipStatus: null,
      q850Cause: 16,
      endedBy: "us",
      source: "events",
      falseAnswer: false,
      silent: false,
      inviteOver: false,
      attempts: [],
    });
  });

  it("of our own SIP leaves the callee held where no final response followed our CANCEL; beside an Asterisk it is over", () => {
    const held = (end: CallEnd, evidence: Evidence) => mayStillRing(resultOf(end, false, evidence));
    for (const evidence of [sent, canceled, { ...canceled, cancelAcceptedAtMs: 505_950 }]) {
      expect(held({ ...rang, evidence }, evidence)).toBe(true);
      expect(held(rang, evidence)).toBe(false);
    }
    const over = final(canceled, 487);
    expect(held({ ...rang, evidence: over }, over)).toBe(false);
    expect(resultOf({ ...rang, evidence: over }, false, over)).not.toHaveProperty("finalMissing");
  });

  it("is ours where the capture has the 487 before the CANCEL that it answers, or without it", () => {
    const hungUp: CallEnd = { ...rang, alertedAtMs: null, canceled: true };
    for (const canceledAtMs of [null, 506_000.5]) {
      const evidence = final({ ...sent, respondedAtMs: 500_001, canceledAtMs }, 487);
      expect(resultOf(hungUp, false, evidence)).toMatchObject({ outcome: "canceled", endedBy: "us", inviteOver: true });
    }
    // Nobody hung up here: a carrier's own.
    const own = { ...refused, sipStatus: 487 };
    expect(resultOf(own, false, final({ ...sent, respondedAtMs: 500_001 }, 487))).toMatchObject({ endedBy: "far_end" });
  });

  it("with a capture has the times of the wire, the ring until our CANCEL", () => {
    expect(resultOf(rang, false, final(canceled, 487))).toMatchObject({
      ...{ outcome: "rang", endedBy: "us", sipStatus: 487, source: "sip", inviteOver: true },
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
    ["a missing 487 leaves the INVITE alive", rang, canceled, { outcome: "rang", source: "sip", inviteOver: false }],
    [
      "a 503 that Asterisk made up leaves it alive",
      { ...refused, sipStatus: 503, q850Cause: 34, farEndRefused: true },
      sent,
      { outcome: "interrupted", endedBy: "unknown", source: "events", inviteOver: false },
    ],
    [
      "the far end's BYE is the far end's",
      { ...rang, answeredAtMs: rang.endedAtMs },
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
    [
      "where the far end refused",
      { sipStatus: 503, q850Cause: 34, farEndRefused: true, lastResponse: last(503) },
      true,
    ],
    ["where the far end refused with what Asterisk does not make up", { sipStatus: 404, farEndRefused: true }, true],
    ["where the far end sent 480: no fail-safe then", { farEndRefused: true, lastResponse: last(480) }, true],
    ["but not where Asterisk may have made the 503 up", { sipStatus: 503, q850Cause: 34, farEndRefused: true }, false],
    ["where it was answered", { answeredAtMs: 5000, endedBy: "us" }, true],
    ["where nothing was sent: not connected", { exists: false, refusal: "not_connected", endedBy: "unknown" }, true],
    ["where nothing was sent: trunk down", { exists: false, refusal: "trunk_down", endedBy: "unknown" }, true],
    ["but not where we hung up", { endedBy: "us", q850Cause: 16, sipStatus: null }, false],
    ["but not where it may be Asterisk's own fail-safe", { farEndRefused: false }, false],
    ["but not where Asterisk did not answer", { exists: false, refusal: "no_response", endedBy: "unknown" }, false],
    ["but not where a call with this id was up", { exists: false, refusal: "duplicate", endedBy: "unknown" }, false],
    ["but not where the end was never seen", { endedBy: "unknown", sipStatus: null, q850Cause: null }, false],
  ])("%s", (_, known, over) => {
    expect(resultOf({ ...refused, ...known }, false, null).inviteOver).toBe(over);
  });
});

/** A 503 as Asterisk reports it: its own and a carrier's have the same cause and tech_cause. */
const congested: CallEnd = { ...refused, sipStatus: 503, q850Cause: 34, farEndRefused: true };

describe("a final that no far end sent: Asterisk's own, where a connection breaks", () => {
  const madeUp = { outcome: "interrupted", endedBy: "unknown", inviteOver: false, sipStatus: null };

  it.each([0, 100, 180, 183])("is known without a capture by the last response, %s", (status) => {
    const known = resultOf({ ...congested, lastResponse: last(status) }, false, null);
    expect(known).toMatchObject({ ...madeUp, silent: status === 0, progress: status === 183 });
  });

  it("after alerting is no end of the ringing, and the caller ID was shown", () => {
    const known = resultOf({ ...congested, alertedAtMs: 900, lastResponse: last(180) }, false, null);
    expect(known).toMatchObject({ ...madeUp, alerted: true });
  });

  it.each([
    [408, 18],
    [502, 27],
    [503, 34],
  ])("is a 408, 502 or 503 that the capture did not see: %s", (sipStatus, q850Cause) => {
    const known = resultOf({ ...congested, sipStatus, q850Cause }, false, { ...sent, respondedAtMs: 500_001 });
    expect(known).toMatchObject(madeUp);
  });

  it.each([
    [401, 21],
    [407, 21],
    [503, 34],
  ])(
    "is one where the %s that it reports was sent to the INVITE before the last: a phone may ring",
    (status, q850Cause) => {
      const end = { ...congested, sipStatus: status, q850Cause, farEndRefused: true, lastResponse: last(status) };
      const again = { ...sent, respondedAtMs: 500_001, earlierFinal: status };
      const known = resultOf(end, false, again);
      expect(known).toMatchObject(madeUp);
      expect(mayStillRing(known)).toBe(true);
      // The capture saw it as the final of the last INVITE, or missed that one's: another status than the earlier one.
      for (const evidence of [final(sent, status), { ...again, earlierFinal: 486 }]) {
        expect(resultOf(end, false, evidence)).toMatchObject({
          endedBy: "far_end",
          inviteOver: true,
          sipStatus: status,
        });
      }
    },
  );

  it("is doubted where neither is known: the outcome stands, the call does not fail over, the callee is held", () => {
    const known = resultOf(congested, false, null);
    expect(known).toMatchObject({ outcome: "congestion", endedBy: "unknown", inviteOver: false });
    const old = resultOf({ ...congested, sipStatus: null }, false, null);
    expect(old).toMatchObject({ outcome: "congestion", endedBy: "unknown", inviteOver: false });
  });

  it("is not assumed of a packet that the capture lost: Asterisk got the 503", () => {
    const known = resultOf({ ...congested, lastResponse: last(503) }, false, { ...sent, respondedAtMs: 500_001 });
    expect(known).toMatchObject({ outcome: "congestion", endedBy: "far_end", inviteOver: true });
  });

  it("of its fail-safe, which cancels the call, is our end", () => {
    // As the state machine has it: who ended it is known there.
    const known = resultOf({ ...rang, sipStatus: 480, q850Cause: 19, lastResponse: last(180) }, false, null);
    expect(known).toMatchObject({ outcome: "rang", endedBy: "us" });
  });
});

describe("a challenge that ends the call: wrong password, or an address that is not allowed", () => {
  const rejected: CallEnd = { ...refused, q850Cause: 21, farEndRefused: true };
  const challenged = (status: number): Evidence => ({ ...final(sent, status), over: false });

  it.each([401, 407])("%s is the end where Asterisk says so too, and the trunk's fault", (status) => {
    for (const lastResponse of [null, last(status)]) {
      const end = { ...rejected, sipStatus: status, lastResponse };
      const expected = { outcome: "trunk_down", endedBy: "far_end", sipStatus: status, inviteOver: true };
      expect(resultOf(end, false, challenged(status))).toMatchObject(expected);
      expect(resultOf(end, false, null)).toMatchObject(expected);
    }
  });

  it("is known before 22.7 by the cause alone", () => {
    expect(resultOf({ ...rejected, sipStatus: null }, false, challenged(401))).toMatchObject({ inviteOver: true });
  });

  it("is none where the answer to it is alive: the capture lost that INVITE, and the connection broke", () => {
    const end = { ...congested, lastResponse: last(100) };
    expect(resultOf(end, false, challenged(401))).toMatchObject({ endedBy: "unknown", inviteOver: false });
    expect(resultOf(rang, false, challenged(401))).toMatchObject({ outcome: "rang", inviteOver: false });
  });
});

describe("a forked call of which one phone declines", () => {
  it.each([
    [603, { forked: true }],
    [486, { cancelAcceptedAtMs: 505_950 }],
    [600, { forked: true, cancelAcceptedAtMs: 505_950 }],
  ])("is our end where the proxy passes its %s on after our CANCEL", (status, known) => {
    const evidence = final({ ...canceled, ...known }, status);
    expect(resultOf(rang, false, evidence)).toMatchObject({ outcome: "rang", endedBy: "us", inviteOver: true });
  });

  it("is declined where its final comes before our CANCEL", () => {
    const evidence = final({ ...alerting, forked: true }, 603);
    expect(resultOf({ ...refused, sipStatus: 603, farEndRefused: true }, false, evidence)).toMatchObject({
      ...{ outcome: "declined", endedBy: "far_end" },
    });
  });
});

describe("603+: call analytics of a network blocked the caller ID", () => {
  it("is no person's decline, before and after alerting, by the wire and by the phrase alone", () => {
    const blocked = { q850Cause: null, networkBlocked: true, redressUrl: "https://redress.example/" };
    for (const evidence of [sent, alerting]) {
      const seen = { ...evidence, final: { atMs: 506_000, status: 603, ...blocked }, over: true };
      expect(resultOf({ ...refused, sipStatus: 603, q850Cause: 21 }, false, seen)).toMatchObject({
        ...{ outcome: "caller_id_refused", networkBlocked: true, redressUrl: "https://redress.example/" },
      });
    }
    const byEvents = { ...refused, sipStatus: 603, q850Cause: 21, farEndRefused: true, alertedAtMs: 900 };
    const lastResponse = last(603, "Network Blocked");
    expect(resultOf({ ...byEvents, lastResponse }, false, null)).toMatchObject({ outcome: "caller_id_refused" });
    expect(resultOf({ ...byEvents, lastResponse: last(603, "Decline") }, false, null).outcome).toBe("declined");
  });
});
