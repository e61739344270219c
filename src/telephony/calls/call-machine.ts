/**
 * One call attempt (one INVITE) as a pure state machine: inputs are events, outputs are actions. `LiveAttempt` runs them.
 *
 * Invariants, tested as properties: every attempt ends exactly once; it is originated at most once; every channel that may
 * be up in Asterisk has been hung up.
 */

import type { Evidence } from "../../sip/evidence.ts";
import type { LastResponse, OriginateRefusal } from "../call-control/port.ts";
import type { CallEnd } from "./attempt-result.ts";

export interface CallRules {
  /** Whether a 183 already counts as alerting on this trunk. */
  readonly ringOnProgress: boolean;
  /** From first alerting to our hang-up. */
  readonly ringMs: number;
  /** From the answer to our hang-up; null: an answered call is hung up at once. */
  readonly talkMs: number | null;
  /** Ends at the first sign of the phone instead of ringing: at alerting, with `progress` at a 183 too. Left out: rings. */
  readonly endsAt?: "alerting" | "progress";
  /** From INVITE to first alerting. */
  readonly setupLimitMs: number;
  /** Pause between attempts to hang up. */
  readonly hangupRetryMs: number;
  /** See `CallControl`. */
  readonly hangsUpEarly?: boolean;
  /** How many times a hang-up is sent. */
  readonly maxHangups: number;
  /** From the first hang-up until its end counts as lost. Longer than a request to Asterisk may take. */
  readonly endWaitMs: number;
}

export type CallTimer = "setup" | "ring" | "talk" | "hangup_retry" | "end_overdue";

export type CallEventInput = { readonly atMs: number } & (
  | { readonly type: "placed" | "progress" | "alerting" | "answered" | "ready" | "lost" }
  /** `finish`: an answered call has served its purpose. */
  | { readonly type: "cancel" | "finish" | "hangup_done" | "hangup_failed" }
  | { readonly type: "refused"; readonly refusal: OriginateRefusal }
  | {
      readonly type: "ended";
      readonly q850Cause: number | null;
      readonly sipStatus: number | null;
      readonly sipCallId: string | null;
      readonly lastResponse: LastResponse | null;
      readonly evidence?: Evidence;
    }
  | { readonly type: "timer"; readonly timer: CallTimer }
);

export type CallAction =
  | { readonly type: "originate" | "hangup" | "calling" | "ringing" | "talk" }
  | { readonly type: "start_timer"; readonly timer: CallTimer; readonly delayMs: number }
  | { readonly type: "stop_timer"; readonly timer: CallTimer }
  | { readonly type: "end"; readonly end: CallEnd };

export interface CallState {
  readonly phase: "dialing" | "talking" | "ending" | "over";
  readonly startedAtMs: number;
  /** Asterisk accepted the originate, or an event of the call arrived before that. */
  readonly exists: boolean;
  readonly refusal: OriginateRefusal | null;
  readonly alertedAtMs: number | null;
  readonly progressed: boolean;
  readonly answeredAtMs: number | null;
  /** Sounds can be played. */
  readonly ready: boolean;
  readonly canceled: boolean;
  readonly hangupsSent: number;
  readonly hangupUnderWay: boolean;
  readonly hangupConfirmed: boolean;
}

export interface CallStep {
  readonly state: CallState;
  readonly actions: readonly CallAction[];
}

/** The first step of every call. */
export function beginCall(rules: CallRules, atMs: number): CallStep {
  return {
    state: {
      phase: "dialing",
      startedAtMs: atMs,
      exists: false,
      refusal: null,
      alertedAtMs: null,
      progressed: false,
      answeredAtMs: null,
      ready: false,
      canceled: false,
      hangupsSent: 0,
      hangupUnderWay: false,
      hangupConfirmed: false,
    },
    actions: [{ type: "start_timer", timer: "setup", delayMs: rules.setupLimitMs }, { type: "originate" }],
  };
}

/** Every further step. */
export function stepCall(rules: CallRules, state: CallState, input: CallEventInput): CallStep {
  if (state.phase === "over") return afterTheEnd(state, input);
  switch (input.type) {
    case "placed":
    case "progress":
    case "alerting":
    case "answered":
    case "ready":
      return signOfLife(rules, state, input);
    case "refused":
      return refused(rules, state, input);
    case "ended":
      return end(state, input.atMs, { ...input, ...whoEnded(state, input) });
    case "lost":
      return end(state, input.atMs, { endedBy: "unknown" });
    case "cancel":
      return state.phase === "ending" ? stay(state) : hangUp(rules, { ...state, canceled: true });
    case "finish":
      return state.phase === "talking" ? hangUp(rules, state) : stay(state);
    case "timer":
      return timerFired(rules, state, input);
    case "hangup_done":
      return stay({ ...state, hangupUnderWay: false, hangupConfirmed: true });
    case "hangup_failed":
      return hangupFailed(rules, { ...state, hangupUnderWay: false });
  }
}

const stay = (state: CallState, actions: readonly CallAction[] = []): CallStep => ({ state, actions });

/** A call that counted as lost but is up is hung up: it must not ring on unsupervised. */
function afterTheEnd(state: CallState, input: CallEventInput): CallStep {
  return stay(state, isSignOfLife(input.type) ? [{ type: "hangup" }] : []);
}

/** Whether an event shows that the call is up. */
export function isSignOfLife(type: string): boolean {
  return ["placed", "progress", "alerting", "answered", "ready", "key"].includes(type);
}

function signOfLife(rules: CallRules, before: CallState, input: CallEventInput): CallStep {
  const alerts = input.type === "alerting" || (input.type === "progress" && rules.ringOnProgress);
  const answers = input.type === "answered" || input.type === "ready";
  const firstAlert = alerts && before.alertedAtMs === null;
  const state: CallState = {
    ...before,
    exists: true,
    alertedAtMs: firstAlert ? input.atMs : before.alertedAtMs,
    progressed: before.progressed || input.type === "progress",
    answeredAtMs: before.answeredAtMs ?? (answers ? input.atMs : null),
    ready: before.ready || input.type === "ready",
  };
  const reports: CallAction[] = [];
  if (!before.exists) reports.push({ type: "calling" });
  if (firstAlert) reports.push({ type: "ringing" });

  const { talkMs, endsAt } = rules;
  const isSign = endsAt !== undefined && (firstAlert || (endsAt === "progress" && input.type === "progress"));
  if (state.phase === "ending" || isSign || (state.answeredAtMs !== null && talkMs === null)) {
    const step = hangUp(rules, state);
    return stay(step.state, [...step.actions, ...reports]);
  }
  if (state.answeredAtMs !== null && talkMs !== null) return talking(state, before, talkMs, reports);
  if (!firstAlert) return stay(state, reports);
  return stay(state, [
    { type: "stop_timer", timer: "setup" },
    { type: "start_timer", timer: "ring", delayMs: rules.ringMs },
    ...reports,
  ]);
}

function talking(state: CallState, before: CallState, talkMs: number, reports: readonly CallAction[]): CallStep {
  const actions: CallAction[] = [];
  if (before.phase === "dialing") {
    actions.push({ type: "stop_timer", timer: "setup" }, { type: "stop_timer", timer: "ring" });
    actions.push({ type: "start_timer", timer: "talk", delayMs: talkMs });
  }
  actions.push(...reports);
  if (state.ready && !before.ready) actions.push({ type: "talk" });
  return stay({ ...state, phase: "talking" }, actions);
}

function refused(
  rules: CallRules,
  state: CallState,
  input: { readonly atMs: number; readonly refusal: OriginateRefusal },
): CallStep {
  // Only the answer to our request was lost: the call itself has been seen, so it goes on.
  if (state.exists) return stay(state);
  const known: CallState = { ...state, refusal: input.refusal };
  // It may be up, or come up in a moment: hang up, and keep its channel slot until that is settled.
  if (input.refusal === "no_response") return hangUp(rules, known);
  return end(known, input.atMs, { endedBy: "unknown" });
}

/**
 * Hangs up, one request at a time. Before Asterisk has answered the originate there is nothing to hang up (it would answer
 * "no such channel" and ring a moment later); that answer then leads back here. Our own SIP is told at once: its INVITE may
 * wait for a connection, and is then not sent at all.
 */
function hangUp(rules: CallRules, before: CallState): CallStep {
  const actions: CallAction[] = [];
  if (before.phase === "dialing") {
    actions.push({ type: "stop_timer", timer: "setup" }, { type: "stop_timer", timer: "ring" });
  } else if (before.phase === "talking") actions.push({ type: "stop_timer", timer: "talk" });
  if (before.phase !== "ending") {
    actions.push({ type: "start_timer", timer: "end_overdue", delayMs: rules.endWaitMs });
  }
  const state: CallState = { ...before, phase: "ending" };
  const mayExist = state.exists || state.refusal === "no_response" || rules.hangsUpEarly === true;
  if (!mayExist || state.hangupUnderWay || state.hangupsSent >= rules.maxHangups) return stay(state, actions);
  actions.push({ type: "stop_timer", timer: "hangup_retry" }, { type: "hangup" });
  return stay({ ...state, hangupsSent: state.hangupsSent + 1, hangupUnderWay: true }, actions);
}

function hangupFailed(rules: CallRules, state: CallState): CallStep {
  if (state.hangupsSent >= rules.maxHangups) return stay(state);
  return stay(state, [{ type: "start_timer", timer: "hangup_retry", delayMs: rules.hangupRetryMs }]);
}

function timerFired(
  rules: CallRules,
  state: CallState,
  input: { readonly atMs: number; readonly timer: CallTimer },
): CallStep {
  switch (input.timer) {
    case "setup":
      return state.phase === "dialing" && state.alertedAtMs === null ? hangUp(rules, state) : stay(state);
    case "ring":
      return state.phase === "dialing" && state.alertedAtMs !== null ? hangUp(rules, state) : stay(state);
    case "talk":
      return state.phase === "talking" ? hangUp(rules, state) : stay(state);
    case "hangup_retry":
      return state.phase === "ending" ? hangUp(rules, state) : stay(state);
    case "end_overdue":
      if (state.phase !== "ending") return stay(state);
      // A call that was never seen may come up yet: a hang-up that found no channel came before its originate was done.
      return end(state, input.atMs, { endedBy: state.hangupConfirmed && state.exists ? "us" : "unknown" });
  }
}

/**
 * What Asterisk reports for our own hang-up: normal clearing, or "no answer" where the far end had not answered. Measured
 * on 22.10.1 in 1,080 hang-ups 0 to 50 ms after the originate: always 16, with no status or, where the INVITE was not out
 * yet, with 603 (a real 603 comes with 21).
 */
const ownHangupCauses: readonly number[] = [0, 16, 19];
const ownHangupStatuses: readonly (number | null)[] = [null, 200, 480, 487, 603];

/**
 * A final response can cross our hang-up on the wire: one that we cannot have caused is the far end's. Asterisk's own end at
 * its fail-safe looks like ours, and is known as such where Asterisk says that the far end sent no final.
 */
function whoEnded(
  state: CallState,
  input: CallEventInput & { readonly type: "ended" },
): Pick<CallEnd, "endedBy" | "farEndRefused"> {
  const { q850Cause, sipStatus, lastResponse } = input;
  // Its BYE looks like ours; Asterisk's own limit for a kept call comes later than ours.
  if (state.phase === "talking") return { endedBy: "far_end", farEndRefused: false };
  const likeOurs = ownHangupCauses.includes(q850Cause ?? 0) && ownHangupStatuses.includes(sipStatus);
  const byFailSafe = likeOurs && lastResponse !== null && lastResponse.status < 300;
  return {
    endedBy: likeOurs && (state.hangupsSent > 0 || byFailSafe) ? "us" : "far_end",
    farEndRefused: !likeOurs || (lastResponse !== null && lastResponse.status >= 300),
  };
}

function end(state: CallState, atMs: number, known: Pick<CallEnd, "endedBy"> & Partial<CallEnd>): CallStep {
  const { startedAtMs, alertedAtMs, answeredAtMs, progressed, canceled, exists, refusal } = state;
  const seen: CallEnd = {
    startedAtMs,
    alertedAtMs,
    answeredAtMs,
    endedAtMs: atMs,
    progressed,
    exists,
    refusal,
    canceled,
    endedBy: known.endedBy,
    sipStatus: known.sipStatus ?? null,
    q850Cause: known.q850Cause ?? null,
    sipCallId: known.sipCallId ?? null,
    farEndRefused: known.farEndRefused ?? false,
    lastResponse: known.lastResponse ?? null,
    evidence: known.evidence ?? null,
  };
  return stay({ ...state, phase: "over" }, [{ type: "end", end: seen }]);
}
