/**
 * One short call (RFC 3261 sections 13 to 15) as a pure state machine: inputs are what happens, outputs are actions.
 * `LiveCall` runs them.
 *
 * Invariants, tested as properties: a call ends exactly once; it never has two INVITEs alive; no INVITE follows one that may
 * have made a phone ring; every 2xx gets an ACK and a BYE; a CANCEL is asked for wherever a phone may ring at the end.
 */
import { addMessage, isChallenge, leastSilenceMs } from "../evidence.ts";
import type { InviteResponse } from "../invite-reading.ts";
import type { CallAction, CallInput, CallState, CallStep } from "./call-state.ts";
import { addCancel, addCancelAccepted, addInvite, asForked, hungUpBy, nothingSent } from "./call-wire.ts";
import type { CallEnding } from "./port.ts";

/**
 * A proxy and a callee's server, or a nonce that was stale: no account needs more INVITEs than that, and a server that
 * challenges for ever gets no more.
 */
const maxChallenges = 3;
/** Dialogs of a fork whose provisional responses and requests are served. */
const maxFarEnds = 16;
/** Dialogs of one INVITE that get ACK and BYE: no fork has so many phones that are picked up in the same second. */
export const maxAnswers = 64;
/** PRACKs of one INVITE; an honest far end asks for a few. */
const maxPracks = 64;
const noActions: readonly CallAction[] = [];
const nothingFinal = { status: null, phrase: "", q850Cause: null } as const;

/** Whether a 401 or 407 may be answered by another INVITE. */
export function answersChallenge({ phase, hungUp, mayHaveRung, challenges }: CallState): boolean {
  return phase === "inviting" && !hungUp && !mayHaveRung && challenges < maxChallenges;
}

/** @param canAnswer for a 401 or 407: the credentials answer it; asked only where `answersChallenge` */
export function stepCall(state: CallState, input: CallInput, canAnswer = false): CallStep {
  switch (input.type) {
    case "located":
      if (state.phase !== "opening") return stay(state);
      if (input.targets === 0) return endWithout(state, "never_sent");
      return { state: { ...state, targetsLeft: input.targets - 1 }, actions: ["next_target"] };
    case "flow":
      return state.phase === "opening" ? { state: invite(state), actions: ["invite"] } : stay(state);
    case "no_flow":
      return state.phase === "opening" ? notTaken(state) : stay(state);
    case "too_large":
      if (state.phase !== "inviting") return stay(state);
      return { state: { ...state, phase: "opening" }, actions: ["same_target"] };
    case "sent":
      return sent(state, input.cseq, input.atMs);
    case "response":
      if (state.phase !== "inviting") return late(state, input.response);
      return input.response.status < 200 ? provisional(state, input) : final(state, input, canAnswer);
    case "another_answer":
      return anotherAnswer(state, input.toTag);
    case "failed":
      return failed(state, input.why, input.neverSent);
    case "cancel_accepted":
      if (state.wire === null || state.phase === "over") return stay(state);
      return stay({ ...state, wire: addCancelAccepted(state.wire, input.atMs) });
    case "hang_up":
      return state.hungUp ? stay(state) : hangUp(state, input.atMs);
    case "time_over":
      return state.hungUp || state.phase === "answered" ? overdue(state, input.atMs) : hangUp(state, input.atMs);
    case "bye_ended":
      return byeEnded(state);
    case "far_end_bye":
      return state.wire === null ? stay(state) : stay({ ...state, wire: hungUpBy(state.wire, "far_end") });
  }
}

const stay = (state: CallState): CallStep => ({ state, actions: noActions });

/** The INVITE goes out: again after a challenge or on another target, it begins anew. */
function invite(state: CallState): CallState {
  return { ...state, phase: "inviting", responded: false, worked: false, farEnds: [], pracks: 0 };
}

function sent(state: CallState, cseq: number, atMs: number): CallStep {
  if (state.phase !== "inviting") return stay(state);
  const wire = addInvite(state.wire, cseq, atMs);
  return { state: { ...state, wire, sentAtMs: atMs }, actions: state.wire === null ? ["sent"] : noActions };
}

function provisional(before: CallState, { response, rseq, atMs }: CallInput & { type: "response" }): CallStep {
  const { status, toTag } = response;
  const actions: CallAction[] = [];
  if (before.wire === null) return stay(before);
  const { evidence } = before.wire;
  let wire = addMessage(before.wire, response, atMs);
  if (status > 100 && !before.worked) actions.push("target_worked");
  // The transaction layer held it back until now (section 9.1).
  if (!before.responded && before.hungUp) wire = addCancel(wire, atMs);
  if (evidence.alertingAtMs === null) {
    if (status === 183 && evidence.progressAtMs === null) actions.push("progress");
    if (status === 180) actions.push("alerting");
  }
  let { farEnds, pracks } = before;
  if (status > 100 && toTag !== null) {
    const known = farEnds.find(({ tag }) => tag === toTag);
    const mayPrack = rseq > 0 && pracks < maxPracks;
    if (status === 199) farEnds = farEnds.filter(({ tag }) => tag !== toTag);
    else if (known === undefined && farEnds.length < maxFarEnds) {
      farEnds = [...farEnds, { tag: toTag, rseq, answered: false }];
      if (mayPrack) actions.push("prack");
    } else if (known !== undefined && mayPrack && (known.rseq === 0 || rseq === known.rseq + 1)) {
      // Repetitions, and those that came out of order, are not acknowledged (RFC 3262 section 4).
      farEnds = farEnds.map((one) => (one === known ? { ...one, rseq } : one));
      actions.push("prack");
    }
  }
  if (actions.includes("prack")) pracks += 1;
  const mayHaveRung = before.mayHaveRung || status > 100;
  const worked = before.worked || status > 100;
  const state = { ...before, wire, farEnds, pracks, responded: true, worked, mayHaveRung };
  return { state, actions };
}

function final(before: CallState, input: CallInput & { type: "response" }, canAnswer: boolean): CallStep {
  const { response, phrase, atMs } = input;
  const { status, q850Cause } = response;
  if (before.wire === null) return stay(before);
  const wire = addMessage(before.wire, response, atMs);
  const state: CallState = { ...before, wire, responded: true, last: { status, phrase, q850Cause } };
  const reached: CallAction = status === 503 ? "target_failed" : "target_worked";
  const actions: CallAction[] = before.worked && status !== 503 ? [] : [reached];
  if (status < 300) {
    const answered = answeredBy(state, response.toTag ?? "");
    // The transaction is over, with the call's time limit; a CANCEL that crossed it changes nothing (section 15).
    actions.push("acknowledge", "bye", "answered", "await_end");
    return { state: { ...answered, phase: "answered", byesOpen: 1, wire: hungUpBy(wire, "us") }, actions };
  }
  if (isChallenge(status) && canAnswer && answersChallenge(before)) {
    // As of a 100: the INVITE that follows may get a 503.
    return { state: { ...state, phase: "opening", challenges: state.challenges + 1 }, actions: ["same_target"] };
  }
  // 503: RFC 3263 section 4.3. Not where a phone may have rung, and not after our own hang-up.
  if (status === 503 && !state.hungUp && !state.mayHaveRung && state.targetsLeft > 0) {
    actions.push("next_target");
    return { state: { ...state, phase: "opening", targetsLeft: state.targetsLeft - 1 }, actions };
  }
  return end(state, actions, null);
}

/** After the end, or after another final: a 2xx must not stay up. */
function late(state: CallState, { status, toTag }: InviteResponse): CallStep {
  return status >= 200 && status <= 299 ? anotherAnswer(state, toTag ?? "") : stay(state);
}

function anotherAnswer(state: CallState, toTag: string): CallStep {
  const known = state.farEnds.filter(({ answered }) => answered);
  if (known.some(({ tag }) => tag === toTag)) return { state, actions: ["acknowledge"] };
  if (known.length >= maxAnswers) return stay(state);
  const next = answeredBy(state, toTag);
  const byesOpen = state.phase === "answered" ? state.byesOpen + 1 : state.byesOpen;
  const wire = state.wire === null ? null : asForked(state.wire);
  return { state: { ...next, byesOpen, wire }, actions: ["acknowledge", "bye"] };
}

function answeredBy(state: CallState, toTag: string): CallState {
  const others = state.farEnds.filter(({ tag }) => tag !== toTag);
  const known = state.farEnds.find(({ tag }) => tag === toTag);
  return { ...state, farEnds: [...others, { tag: toTag, rseq: known?.rseq ?? 0, answered: true }] };
}

function failed(state: CallState, why: "timeout" | "transport", neverSent: boolean): CallStep {
  if (state.phase === "over") return failedAfterwards(state, why, neverSent);
  if (state.phase !== "inviting") return stay(state);
  if (neverSent) return notTaken(state);
  // It was sent, so a phone may ring: no other target may be tried, even where nothing ever answered.
  const next: CallAction = why === "transport" ? "cancel_elsewhere" : "give_up";
  return end(state, state.responded ? [next] : ["target_failed", next], why);
}

/** The end was overdue, and now the flow that our CANCEL was sent on has broken: the phone may ring on. */
function failedAfterwards(state: CallState, why: "timeout" | "transport", neverSent: boolean): CallStep {
  const isOpen = state.ending?.missing === "timeout" && why === "transport" && !neverSent;
  return isOpen ? { state, actions: ["cancel_elsewhere"] } : stay(state);
}

/** The target took nothing, so nothing can ring. */
function notTaken(before: CallState): CallStep {
  const state: CallState = { ...before, phase: "opening" };
  if (state.hungUp || state.targetsLeft === 0) {
    const step = endWithout(state, "never_sent");
    return { state: step.state, actions: ["target_failed", ...step.actions] };
  }
  const actions: CallAction[] = ["target_failed", "next_target"];
  return { state: { ...state, targetsLeft: state.targetsLeft - 1 }, actions };
}

function hangUp(before: CallState, atMs: number): CallStep {
  const state: CallState = { ...before, hungUp: true };
  if (state.phase === "opening") return endWithout(state, "never_sent");
  if (state.phase !== "inviting") return stay(state);
  const wire = state.responded && state.wire !== null ? addCancel(state.wire, atMs) : state.wire;
  return { state: { ...state, wire }, actions: ["cancel", "await_end"] };
}

function overdue(state: CallState, atMs: number): CallStep {
  if (state.phase === "answered") return end(state, [], null);
  if (state.phase !== "inviting") return stay(state);
  // The end comes before Timer B, which would show it too.
  const isSilent = !state.responded && atMs - state.sentAtMs >= leastSilenceMs;
  return end(state, isSilent ? ["target_failed", "give_up"] : ["give_up"], "timeout");
}

function byeEnded(before: CallState): CallStep {
  if (before.phase !== "answered") return stay(before);
  const state = { ...before, byesOpen: before.byesOpen - 1 };
  return state.byesOpen > 0 ? stay(state) : end(state, [], null);
}

/** With no INVITE alive: the final response to an earlier one counts, where there was one. */
function endWithout(state: CallState, missing: "never_sent"): CallStep {
  return end(state, [], state.last === null ? missing : null);
}

function end(state: CallState, actions: readonly CallAction[], missing: CallEnding["missing"]): CallStep {
  const { wire, startedAtMs } = state;
  const known = missing === null ? (state.last ?? nothingFinal) : nothingFinal;
  // Of a challenge that is not answered too: no INVITE will follow.
  const over = missing === null || missing === "never_sent";
  const evidence = { ...(wire?.evidence ?? nothingSent(startedAtMs)), over };
  const ending: CallEnding = { ...known, evidence, missing };
  return { state: { ...state, phase: "over", ending }, actions: [...actions, "end"] };
}
