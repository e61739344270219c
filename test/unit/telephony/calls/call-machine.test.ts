import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mayStillRing, resultOf } from "../../../../src/telephony/calls/attempt-result.ts";
import {
  beginCall,
  type CallAction,
  type CallEventInput,
  type CallRules,
  type CallState,
  type CallTimer,
  stepCall,
} from "../../../../src/telephony/calls/call-machine.ts";

const rules: CallRules = {
  ringOnProgress: false,
  ringMs: 5000,
  talkMs: null,
  setupLimitMs: 20_000,
  hangupRetryMs: 1000,
  maxHangups: 3,
  endWaitMs: 12_000,
};

type Sketch = CallEventInput extends infer Input ? (Input extends unknown ? Omit<Input, "atMs"> : never) : never;

/** Runs a call through what happens, one second apart. */
function run(happenings: readonly Sketch[], changed: Partial<CallRules> = {}) {
  const own = { ...rules, ...changed };
  const first = beginCall(own, 0);
  const actions: CallAction[] = [...first.actions];
  let state: CallState = first.state;
  happenings.forEach((happening, index) => {
    const step = stepCall(own, state, { ...happening, atMs: (index + 1) * 1000 } as CallEventInput);
    state = step.state;
    actions.push(...step.actions);
  });
  const of = (type: CallAction["type"]) => actions.filter((action) => action.type === type);
  const end = actions.find((action) => action.type === "end");
  const result = end?.type === "end" ? resultOf(end.end, own.ringOnProgress, null) : undefined;
  return { state, actions, of, result };
}

const ended = (q850Cause: number, sipStatus: number | null): Sketch => ({
  type: "ended",
  q850Cause,
  sipStatus,
  sipCallId: null,
  lastResponse: sipStatus !== null && sipStatus >= 300 ? { status: sipStatus, phrase: "" } : null,
});
const timer = (name: CallTimer): Sketch => ({ type: "timer", timer: name });
const ownEnd = ended(16, null);

describe("a call", () => {
  it("that rings is hung up when its ring time is over, and rang", () => {
    const call = run([{ type: "placed" }, { type: "alerting" }, timer("ring"), { type: "hangup_done" }, ownEnd]);
    expect(call.of("hangup")).toHaveLength(1);
    expect(call.result).toEqual({
      outcome: "rang",
      alerted: true,
      progress: false,
      networkBlocked: false,
      redressUrl: null,
      postDialDelayMs: 2000,
      ringMs: 3000,
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

  it("starts its ring time at the first alerting and not again", () => {
    const call = run([{ type: "placed" }, { type: "alerting" }, { type: "alerting" }, { type: "progress" }]);
    const started = call.actions.filter((action) => action.type === "start_timer" && action.timer === "ring");
    expect(started).toEqual([{ type: "start_timer", timer: "ring", delayMs: 5000 }]);
    expect(call.of("ringing")).toHaveLength(1);
  });

  it("that is answered is hung up at once", () => {
    const call = run([{ type: "placed" }, { type: "alerting" }, { type: "answered" }]);
    expect(call.actions.at(-1)).toEqual({ type: "hangup" });
    expect(run([{ type: "placed" }, { type: "answered" }, ownEnd]).result).toMatchObject({ outcome: "answered" });
  });

  it("that never alerts is hung up at the set-up limit", () => {
    const call = run([{ type: "placed" }, { type: "progress" }, timer("setup"), ended(19, 480)]);
    expect(call.result).toMatchObject({ outcome: "no_answer_signal", alerted: false, endedBy: "us" });
  });

  it("rings from 183 on only where the trunk says so", () => {
    expect(run([{ type: "progress" }]).of("ringing")).toHaveLength(0);
    expect(run([{ type: "progress" }], { ringOnProgress: true }).of("ringing")).toHaveLength(1);
  });

  it("tells calling before ringing when alerting overtakes Asterisk's answer", () => {
    const call = run([{ type: "alerting" }, { type: "placed" }]);
    const told = call.actions.map((action) => action.type).filter((type) => type === "calling" || type === "ringing");
    expect(told).toEqual(["calling", "ringing"]);
  });

  it("whose end overtakes Asterisk's answer ends by what the far end said", () => {
    expect(run([ended(17, 486), { type: "placed" }]).result).toMatchObject({ outcome: "busy", endedBy: "far_end" });
  });

  it("canceled before Asterisk answered is hung up once it did, not before", () => {
    const before = run([{ type: "cancel" }]);
    expect(before.of("hangup")).toHaveLength(0);
    const call = run([{ type: "cancel" }, { type: "placed" }, { type: "hangup_done" }, ownEnd]);
    expect(call.of("hangup")).toHaveLength(1);
    expect(call.result).toMatchObject({ outcome: "canceled", endedBy: "us" });
  });

  it("canceled before it was placed is hung up at once where the driver can, and once more should it be up", () => {
    const early = run([{ type: "cancel" }], { hangsUpEarly: true });
    expect(early.of("hangup")).toHaveLength(1);
    const spared = run([{ type: "cancel" }, { type: "hangup_done" }, { type: "refused", refusal: "trunk_down" }], {
      hangsUpEarly: true,
    });
    expect([spared.of("hangup").length, spared.result]).toMatchObject([1, { outcome: "canceled", inviteOver: true }]);
    const crossed = run([{ type: "cancel" }, { type: "hangup_done" }, { type: "placed" }], { hangsUpEarly: true });
    expect(crossed.of("hangup")).toHaveLength(2);
  });

  it("canceled before Asterisk refused it is canceled", () => {
    expect(run([{ type: "cancel" }, { type: "refused", refusal: "trunk_down" }]).result?.outcome).toBe("canceled");
  });

  it("is busy when the 486 crosses our cancel on the wire", () => {
    const call = run([{ type: "placed" }, { type: "cancel" }, ended(17, 486)]);
    expect(call.result).toMatchObject({ outcome: "busy", endedBy: "far_end" });
  });

  it("canceled before its INVITE went out is not taken for declined, though Asterisk says 603", () => {
    const call = run([{ type: "placed" }, { type: "cancel" }, ended(16, 603)]);
    expect(call.result).toMatchObject({ outcome: "canceled", endedBy: "us" });
    expect(run([{ type: "placed" }, { type: "cancel" }, ended(21, 603)]).result?.endedBy).toBe("far_end");
  });

  it("with no answer from Asterisk is hung up, since it may be up, and again if it shows up later", () => {
    const call = run([{ type: "refused", refusal: "no_response" }, { type: "hangup_done" }, { type: "alerting" }]);
    expect(call.of("hangup")).toHaveLength(2);
    const over = run([{ type: "refused", refusal: "no_response" }, { type: "hangup_done" }, timer("end_overdue")]);
    expect(over.result).toMatchObject({ outcome: "interrupted", alerted: false });
    // The hang-up found no channel, because Asterisk had not come to the originate yet: the callee was released too soon.
    expect(over.result && mayStillRing(over.result)).toBe(true);
  });

  it("goes on when only Asterisk's answer was lost", () => {
    const call = run([{ type: "alerting" }, { type: "refused", refusal: "no_response" }]);
    expect(call.of("hangup")).toHaveLength(0);
    expect(call.state.phase).toBe("dialing");
  });

  it("lost while ringing is interrupted, and says that it rang", () => {
    const call = run([{ type: "placed" }, { type: "alerting" }, { type: "lost" }]);
    expect(call.result).toMatchObject({ outcome: "interrupted", alerted: true, endedBy: "unknown", q850Cause: null });
  });

  it("whose hang-up fails is hung up again, a bounded number of times", () => {
    const retry: Sketch[] = [{ type: "hangup_failed" }, timer("hangup_retry")];
    const call = run([{ type: "placed" }, { type: "alerting" }, timer("ring"), ...retry, ...retry, ...retry, ...retry]);
    expect(call.of("hangup")).toHaveLength(3);
    expect(call.of("end")).toHaveLength(0);
  });

  it("whose end never comes ends by what is known", () => {
    const rang: Sketch[] = [{ type: "placed" }, { type: "alerting" }, timer("ring")];
    const confirmed = run([...rang, { type: "hangup_done" }, timer("end_overdue")]);
    expect(confirmed.result).toMatchObject({ outcome: "rang", endedBy: "us" });
    const unknown = run([...rang, { type: "hangup_failed" }, timer("end_overdue")]);
    expect(unknown.result).toMatchObject({ outcome: "interrupted", endedBy: "unknown", alerted: true });
  });
});

const happening: fc.Arbitrary<Sketch> = fc.oneof(
  fc.constantFrom<Sketch>(
    { type: "placed" },
    { type: "progress" },
    { type: "alerting" },
    { type: "answered" },
    { type: "lost" },
    { type: "cancel" },
    { type: "hangup_done" },
    { type: "hangup_failed" },
  ),
  fc.record({
    type: fc.constant("refused" as const),
    refusal: fc.constantFrom("not_connected", "no_response", "trunk_down", "duplicate", "refused"),
  }),
  fc.record({
    type: fc.constant("ended" as const),
    q850Cause: fc.integer({ min: 0, max: 127 }),
    sipStatus: fc.option(fc.integer({ min: 200, max: 699 })),
    sipCallId: fc.constant(null),
    lastResponse: fc.constantFrom(
      null,
      { status: 0, phrase: "" },
      { status: 180, phrase: "" },
      { status: 503, phrase: "" },
    ),
  }),
  fc.record({
    type: fc.constant("timer" as const),
    timer: fc.constantFrom<CallTimer>("setup", "ring", "hangup_retry", "end_overdue"),
  }),
);

/**
 * Lets every timer that is due fire until nothing is left to wait for: what the dialer's clock would do. The answer to
 * the originate comes first, because the driver has a deadline.
 */
function runOut(happenings: readonly Sketch[]) {
  const noAnswer: Sketch = { type: "refused", refusal: "no_response" };
  return run([...happenings, noAnswer, timer("setup"), timer("ring"), timer("hangup_retry"), timer("end_overdue")]);
}

describe("every sequence of events", () => {
  const sequence = fc.array(happening, { maxLength: 30 });

  it("ends in exactly one end, placed exactly once", () => {
    fc.assert(
      fc.property(sequence, (happenings) => {
        const call = runOut(happenings);
        expect(call.of("end")).toHaveLength(1);
        expect(call.of("originate")).toHaveLength(1);
        expect(call.of("calling").length).toBeLessThanOrEqual(1);
        expect(call.of("ringing").length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });

  it("tells calling before ringing before the end, and nothing after", () => {
    fc.assert(
      fc.property(sequence, (happenings) => {
        const order = ["calling", "ringing", "end"];
        const told = runOut(happenings)
          .actions.map((action) => order.indexOf(action.type))
          .filter((i) => i >= 0);
        expect(told).toEqual([...told].sort((a, b) => a - b));
      }),
      { numRuns: 3000 },
    );
  });

  it("asks for the end of whatever may be up and was not seen to end", () => {
    fc.assert(
      fc.property(sequence, (happenings) => {
        const types = happenings.map((one) => one.type);
        const seenEnd = types.findIndex((type) => type === "ended" || type === "lost");
        const refusedFirst = types.indexOf("refused");
        const alive = types.findIndex((type) => ["placed", "progress", "alerting", "answered"].includes(type));
        // Alive before anything that ended it or denied that it was there.
        const wasUp = alive >= 0 && (refusedFirst < 0 || alive < refusedFirst) && seenEnd < 0;
        if (wasUp) expect(runOut(happenings).of("hangup").length).toBeGreaterThanOrEqual(1);
      }),
      { numRuns: 3000 },
    );
  });

  it("reports a ring time exactly where the call alerted", () => {
    fc.assert(
      fc.property(sequence, (happenings) => {
        const { result } = runOut(happenings);
        expect(result?.alerted).toBe(result?.ringMs !== null);
        if (result?.outcome === "rang" || result?.outcome === "declined") expect(result.alerted).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});
