/** One account's registration as a pure state machine (RFC 3261 section 10.2): when REGISTER is sent, and what its end means. */
import { type BackoffLimits, backoffMs } from "../../shared/backoff.ts";
import type { Random } from "../../shared/random.ts";

/**
 * `sending`: a REGISTER is under way. `waiting`: for the next one. `removing`: the one that ends the binding is under way.
 * `ended`: nothing more happens.
 */
export type Activity = "idle" | "sending" | "waiting" | "removing" | "ended";

export interface RegistrationState {
  readonly activity: Activity;
  /** The registrar keeps our binding until then; null: it has none that we know of. */
  readonly boundUntilMs: number | null;
  readonly boundSinceMs: number | null;
  /** What is asked for next; 423 raises it. */
  readonly askSeconds: number;
  /** In a row, since the last success. */
  readonly failures: number;
  readonly lastFailure: Failure | null;
}

export interface Failure {
  /** Null: no final response came. */
  readonly status: number | null;
  /** For operators. */
  readonly why: string;
}

export type RegistrationInput =
  | { readonly kind: "due" | "flow_lost" | "stop" | "removed" }
  /** `boundForMs`: the registrar keeps a binding of the account already; null: none that is known. */
  | { readonly kind: "start"; readonly boundForMs: number | null }
  | { readonly kind: "accepted"; readonly grantedSeconds: number }
  | {
      readonly kind: "refused";
      readonly status: number;
      readonly why: string;
      readonly retryAfterMs: number | null;
      /** Of Min-Expires; null: there is none. */
      readonly leastSeconds: number | null;
    }
  | { readonly kind: "unanswered"; readonly why: string };

/** What the runner does; at most one for an input. A new wait replaces the one before. */
export type RegistrationEffect =
  | { readonly kind: "register"; readonly expiresSeconds: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "remove" }
  | { readonly kind: "end" }
  | null;

/** A registrar that is down or overloaded is back soon, and without it no call comes in. */
const silentLimits: BackoffLimits = { firstMs: 2_000, longestMs: 120_000 };
/** An account that is refused stays so until somebody changes something; registrars ban those that ask too often. */
const refusedLimits: BackoffLimits = { firstMs: 60_000, longestMs: 1_800_000 };
/** A registrar that accepts and closes the connection must not make us ask at once for ever. */
const leastBetweenMs = 5_000;
/** No carrier asks for more; section 10.2.1.1 leaves it to them. */
const mostSeconds = 86_400;
/** A renewal that is not answered is over after 32 s (Timer F): so it starts at least so long before the end, if it can. */
const marginMs = 40_000;

export function beginRegistration(askSeconds: number): RegistrationState {
  const none = { boundUntilMs: null, boundSinceMs: null, lastFailure: null };
  return { activity: "idle", askSeconds, failures: 0, ...none };
}

/** @param nowMs monotonic */
export function isBound({ boundUntilMs }: RegistrationState, nowMs: number): boolean {
  return boundUntilMs !== null && nowMs < boundUntilMs;
}

type Step = readonly [RegistrationState, RegistrationEffect];

/** @param nowMs monotonic */
export function step(state: RegistrationState, input: RegistrationInput, nowMs: number, random: Random): Step {
  if (state.activity === "ended") return [state, null];
  if (state.activity === "removing") return input.kind === "removed" ? [ended(state), { kind: "end" }] : [state, null];
  switch (input.kind) {
    case "start":
      return state.activity === "idle" ? register(knowing(state, input.boundForMs, nowMs)) : [state, null];
    case "due":
      return state.activity === "waiting" ? register(state) : [state, null];
    case "flow_lost":
      return flowLost(state, nowMs);
    case "stop":
      // What is under way may bind us yet, so it is removed too.
      if (state.activity === "idle" || (state.activity === "waiting" && !isBound(state, nowMs))) {
        return [ended(state), { kind: "end" }];
      }
      return [{ ...state, activity: "removing" }, { kind: "remove" }];
    case "removed":
      return [state, null];
    default:
      return state.activity === "sending" ? answered(state, input, nowMs, random) : [state, null];
  }
}

function knowing(state: RegistrationState, boundForMs: number | null, nowMs: number): RegistrationState {
  return boundForMs === null ? state : { ...state, boundUntilMs: nowMs + boundForMs, boundSinceMs: nowMs };
}

function register(state: RegistrationState): Step {
  return [
    { ...state, activity: "sending" },
    { kind: "register", expiresSeconds: state.askSeconds },
  ];
}

const ended = (state: RegistrationState): RegistrationState => ({ ...state, activity: "ended", boundUntilMs: null });

/** Calls of the registrar would go over the broken connection: the binding is worth nothing until it is renewed. */
function flowLost(state: RegistrationState, nowMs: number): Step {
  const isActive = state.activity === "waiting" || state.activity === "sending";
  if (!isActive || !isBound(state, nowMs)) return [state, null];
  const lost = { ...state, boundUntilMs: null, lastFailure: { status: null, why: "the connection broke" } };
  // The REGISTER that is under way renews it, or fails with the connection.
  if (state.activity === "sending") return [lost, null];
  const sinceMs = nowMs - (state.boundSinceMs ?? 0);
  return sinceMs >= leastBetweenMs ? register(lost) : [lost, { kind: "wait", ms: leastBetweenMs - sinceMs }];
}

type Answer = Exclude<RegistrationInput, { readonly kind: "start" | "due" | "flow_lost" | "stop" | "removed" }>;

function answered(state: RegistrationState, answer: Answer, nowMs: number, random: Random): Step {
  if (answer.kind === "accepted") {
    const keptMs = answer.grantedSeconds * 1000;
    const bound = { boundUntilMs: nowMs + keptMs, boundSinceMs: nowMs };
    const waiting = { ...state, ...bound, activity: "waiting", failures: 0, lastFailure: null } as const;
    return [waiting, { kind: "wait", ms: renewAfterMs(keptMs, random) }];
  }
  const status = answer.kind === "refused" ? answer.status : null;
  const failed: RegistrationState = {
    ...state,
    activity: "waiting",
    failures: state.failures + 1,
    lastFailure: { status, why: answer.why },
  };
  if (answer.kind === "unanswered") {
    return [failed, { kind: "wait", ms: backoffMs(failed.failures, random, silentLimits) }];
  }
  const { leastSeconds, retryAfterMs } = answer;
  // Section 10.2.8. At once only the first time: a registrar that raises it by a second each time has us ask for a day.
  if (status === 423 && leastSeconds !== null && leastSeconds > state.askSeconds && leastSeconds <= mostSeconds) {
    const asking = { ...failed, askSeconds: leastSeconds };
    if (state.failures === 0) return register(asking);
    return [asking, { kind: "wait", ms: backoffMs(asking.failures, random, silentLimits) }];
  }
  // A registrar that says no has dropped the binding, or will let it end.
  const isRefusal = !isTransient(answer.status);
  const ownMs = backoffMs(failed.failures, random, isRefusal ? refusedLimits : silentLimits);
  const ms = retryAfterMs === null ? ownMs : Math.max(ownMs, spread(retryAfterMs, random));
  return [isRefusal ? { ...failed, boundUntilMs: null } : failed, { kind: "wait", ms }];
}

/** The request may succeed unchanged: 408, 480, 491 and what says that the server has a fault (5xx but 501, 505 and 513). */
export function isTransient(status: number): boolean {
  if (status === 408 || status === 480 || status === 491 || status === 423) return true;
  return status >= 500 && status < 600 && status !== 501 && status !== 505 && status !== 513;
}

/** Up to a tenth more, so that many accounts do not come back in the same second. */
function spread(ms: number, random: Random): number {
  return ms + random.below(Math.floor(ms / 10) + 1);
}

/** At 70 to 80 % of the time; where that is short, at its half, so that one renewal may fail. */
function renewAfterMs(keptMs: number, random: Random): number {
  const margin = Math.max(keptMs * 0.2, Math.min(keptMs * 0.5, marginMs));
  const latest = keptMs - margin;
  return Math.max(1000, Math.round(latest - random.below(Math.floor(latest / 10) + 1)));
}
