import { describe, expect, it } from "vitest";
import { type Ending, outcomeOf } from "../../../../src/telephony/calls/ending.ts";
import { delivered, failsOver, type Outcome, outcomes } from "../../../../src/telephony/calls/outcome.ts";

const base: Ending = {
  refusal: null,
  canceled: false,
  answered: false,
  alerted: false,
  endedBy: "far_end",
  sipStatus: null,
  q850Cause: null,
  carrierCause: null,
  networkBlocked: false,
};

/** What Asterisk 22.10.1 was measured to report for each final response: status, cause; then our word for it. */
const finals: readonly (readonly [number | null, number | null, Outcome, Outcome])[] = [
  // sipStatus, q850Cause, before alerting, after alerting
  [403, 21, "barred", "declined"],
  [404, 1, "unallocated", "unallocated"],
  [408, 18, "no_answer_signal", "rang"],
  [410, 22, "changed", "changed"],
  [433, 127, "caller_id_refused", "caller_id_refused"],
  [480, 19, "no_answer_signal", "rang"],
  [484, 28, "invalid_format", "invalid_format"],
  [486, 17, "busy", "declined"],
  [488, 58, "unknown", "rang"],
  [500, 38, "congestion", "congestion"],
  [502, 27, "congestion", "congestion"],
  [503, 34, "congestion", "congestion"],
  [600, 17, "busy", "declined"],
  [603, 21, "caller_id_refused", "declined"],
  [604, 1, "unallocated", "unallocated"],
  [607, 127, "caller_id_refused", "declined"],
  [608, 127, "caller_id_refused", "caller_id_refused"],
  [401, 0, "trunk_down", "trunk_down"],
  // Asterisk before 22.9 passes on the carrier's own cause, which says more than the status.
  [480, 20, "switched_off", "rang"],
  [480, 18, "no_answer_signal", "rang"],
  [404, 3, "congestion", "congestion"],
  [503, 1, "unallocated", "unallocated"],
  [486, 31, "busy", "declined"],
  // Asterisk before 22.7 tells the cause only.
  [null, 1, "unallocated", "unallocated"],
  [null, 2, "congestion", "congestion"],
  [null, 17, "busy", "declined"],
  [null, 20, "switched_off", "rang"],
  [null, 19, "no_answer_signal", "rang"],
  [null, 21, "barred", "declined"],
  [null, 28, "invalid_format", "invalid_format"],
  ...[3, 25, 27, 34, 38, 41, 42, 44, 47, 102].map(
    (cause) => [null, cause, "congestion", "congestion"] as [null, number, Outcome, Outcome],
  ),
  [null, 127, "unknown", "rang"],
  [null, 16, "unknown", "rang"],
];

describe("the outcome of a call that the far end ended", () => {
  it.each(finals)("%s with cause %s is %s before alerting and %s after", (sipStatus, q850Cause, silent, alerted) => {
    expect(outcomeOf({ ...base, sipStatus, q850Cause })).toBe(silent);
    expect(outcomeOf({ ...base, sipStatus, q850Cause, alerted: true })).toBe(alerted);
  });
});

/** Finals that the SIP capture saw: status, the carrier's own cause; before alerting, after alerting. */
const seenOnWire: readonly (readonly [number, number | null, Outcome, Outcome])[] = [
  [302, null, "unknown", "rang"],
  [428, null, "caller_id_refused", "caller_id_refused"],
  [433, null, "caller_id_refused", "caller_id_refused"],
  [438, null, "caller_id_refused", "caller_id_refused"],
  [480, null, "no_answer_signal", "rang"],
  [480, 18, "no_answer_signal", "rang"],
  [480, 19, "no_answer_signal", "rang"],
  [480, 20, "switched_off", "rang"],
  [480, 31, "no_answer_signal", "rang"],
  [404, 2, "congestion", "congestion"],
  [404, 3, "congestion", "congestion"],
  [404, 1, "unallocated", "unallocated"],
  [410, 22, "changed", "changed"],
  [488, null, "unknown", "rang"],
  [502, 27, "congestion", "congestion"],
  [503, 20, "switched_off", "rang"],
  [503, 21, "barred", "declined"],
  [500, 1, "unallocated", "unallocated"],
  ...[25, 34, 38, 41, 42, 44, 47, 102].map(
    (cause) => [480, cause, "congestion", "congestion"] as [number, number, Outcome, Outcome],
  ),
  [603, null, "caller_id_refused", "declined"],
  // It only repeats the status.
  [603, 21, "caller_id_refused", "declined"],
  [606, 20, "switched_off", "rang"],
];

describe("the outcome of a call whose final the capture saw", () => {
  it.each(seenOnWire)("%s with the carrier's cause %s is %s before alerting and %s after", (...row) => {
    const [sipStatus, carrierCause, silent, alerted] = row;
    expect(outcomeOf({ ...base, sipStatus, carrierCause })).toBe(silent);
    expect(outcomeOf({ ...base, sipStatus, carrierCause, alerted: true })).toBe(alerted);
  });
});

/** RFC 3261 section 8.1.3.2; and how each class reads before and after alerting. */
const classes: Readonly<Record<number, readonly [Outcome, Outcome]>> = {
  3: ["unknown", "rang"],
  4: ["unknown", "rang"],
  5: ["congestion", "congestion"],
  6: ["busy", "declined"],
};
const listed: Readonly<Record<Outcome, readonly number[]>> = {
  ...({} as Record<Outcome, readonly number[]>),
  unallocated: [404, 604],
  invalid_format: [416, 484, 485],
  changed: [301, 410],
  busy: [486],
  no_answer_signal: [408, 480, 487],
  barred: [403],
  caller_id_refused: [428, 433, 436, 437, 438, 603, 607, 608],
  trunk_down: [401, 402, 407],
  congestion: [477, 478, 481, 482, 483, 491],
  unknown: [606],
};
/** What Asterisk makes of a final that its table does not list (ast_sip_hangup_sip2cause). */
const derivedCause = (status: number) => (status >= 500 && status < 600 ? 34 : 127);

describe("every final from 300 to 699", () => {
  const all = Array.from({ length: 400 }, (_, index) => 300 + index);
  const known = new Map(Object.entries(listed).flatMap(([outcome, statuses]) => statuses.map((s) => [s, outcome])));

  it("that is not listed is as the x00 of its class", () => {
    for (const sipStatus of all.filter((status) => !known.has(status))) {
      const [silent, alerted] = classes[Math.floor(sipStatus / 100)] ?? [];
      expect([sipStatus, outcomeOf({ ...base, sipStatus })]).toEqual([sipStatus, silent]);
      expect([sipStatus, outcomeOf({ ...base, sipStatus, alerted: true })]).toEqual([sipStatus, alerted]);
    }
  });

  it("that is listed has its own outcome", () => {
    for (const [sipStatus, outcome] of known)
      expect(outcomeOf({ ...base, sipStatus: Number(sipStatus) })).toBe(outcome);
  });

  it("means the same with the capture and without it", () => {
    for (const sipStatus of all) {
      for (const alerted of [false, true]) {
        const seen = outcomeOf({ ...base, alerted, sipStatus });
        const measured = finals.find(([status]) => status === sipStatus)?.[1] ?? derivedCause(sipStatus);
        const reported = outcomeOf({ ...base, alerted, sipStatus, q850Cause: measured });
        expect([sipStatus, reported]).toEqual([sipStatus, seen]);
      }
    }
  });

  it("leaves no call without a second trunk that the carrier itself would not or could not carry", () => {
    const other = all.filter((sipStatus) => failsOver(outcomeOf({ ...base, sipStatus })));
    for (const status of [
      400, 401, 403, 405, 407, 420, 477, 478, 481, 488, 491, 500, 501, 502, 503, 504, 505, 513, 580,
    ]) {
      expect(other).toContain(status);
    }
    for (const status of [408, 410, 480, 484, 486, 600, 603, 607, 608]) expect(other).not.toContain(status);
  });
});

describe("the outcome of a call that we ended", () => {
  // Asterisk reports the same 19 / 480 for our own hang-up as for a remote 480.
  const ours: Ending = { ...base, endedBy: "us", sipStatus: 480, q850Cause: 19 };
  it.each<[string, Partial<Ending>, Outcome]>([
    ["after it rang", { alerted: true }, "rang"],
    ["at the set-up limit", {}, "no_answer_signal"],
    ["because it was answered", { answered: true, alerted: true }, "answered"],
    ["because it was answered with no 180 before", { answered: true }, "answered"],
    ["because somebody canceled it", { canceled: true }, "canceled"],
    ["because somebody canceled it while it rang", { canceled: true, alerted: true }, "canceled"],
    ["after Asterisk did not say whether it took it", { refusal: "no_response" }, "interrupted"],
  ])("%s", (_, known, outcome) => {
    expect(outcomeOf({ ...ours, ...known })).toBe(outcome);
  });
});

describe("the outcome of a call whose end nobody saw", () => {
  it.each<[Partial<Ending>, Outcome]>([
    [{ refusal: "not_connected" }, "trunk_down"],
    [{ refusal: "trunk_down" }, "trunk_down"],
    [{ refusal: "refused" }, "trunk_down"],
    [{ refusal: "no_response" }, "interrupted"],
    [{ refusal: "duplicate" }, "unknown"],
    [{ canceled: true }, "canceled"],
    [{ canceled: true, refusal: "trunk_down" }, "canceled"],
    [{}, "interrupted"],
    [{ alerted: true }, "interrupted"],
    [{ answered: true }, "answered"],
  ])("%o is %s", (known, outcome) => {
    expect(outcomeOf({ ...base, endedBy: "unknown", ...known })).toBe(outcome);
  });
});

describe("traits", () => {
  it("say what a person may have seen", () => {
    const seen = (alerted: boolean) => outcomes.filter((outcome) => delivered(outcome, alerted));
    expect(seen(false)).toEqual(["rang", "answered", "declined"]);
    expect(seen(true)).toEqual([
      "rang",
      "answered",
      "declined",
      "caller_id_refused",
      "congestion",
      "canceled",
      "interrupted",
      "unknown",
    ]);
  });

  it("let go to another trunk at once only what another trunk may do better", () => {
    const failOver = outcomes.filter(failsOver);
    expect(failOver).toEqual(["unallocated", "barred", "congestion", "trunk_down", "unknown"]);
  });
});
