/** Inputs, actions and state of one call's machine (call-machine.ts). */
import type { WireCall } from "../evidence.ts";
import type { InviteResponse } from "../invite-reading.ts";
import type { CallEnding } from "./port.ts";

export type CallInput =
  /** RFC 3263 found so many targets. */
  | { readonly type: "located"; readonly targets: number }
  /** A flow to the current target is open, or none can be opened. */
  | { readonly type: "flow" | "no_flow" }
  /** The INVITE is too large for a datagram: the same target is tried over TCP. */
  | { readonly type: "too_large" }
  /** The INVITE was handed to the flow. */
  | { readonly type: "sent"; readonly cseq: number; readonly atMs: number }
  /** To the INVITE that is open; the first final one alone. */
  | {
      readonly type: "response";
      readonly response: InviteResponse;
      readonly phrase: string;
      /** RSeq of a provisional one that wants a PRACK; 0: none. */
      readonly rseq: number;
      readonly atMs: number;
    }
  /** Another 2xx: repeated, or of another branch of a fork. */
  | { readonly type: "another_answer"; readonly toTag: string }
  | { readonly type: "failed"; readonly why: "timeout" | "transport"; readonly neverSent: boolean }
  /** A 2xx to the CANCEL. */
  | { readonly type: "cancel_accepted"; readonly atMs: number }
  /** By our user, or by the call's time limit; the second time the end is overdue. */
  | { readonly type: "hang_up" | "time_over"; readonly atMs: number }
  /** A BYE of ours has its final response, or will get none. */
  | { readonly type: "bye_ended" }
  | { readonly type: "far_end_bye" };

/**
 * `next_target`, `same_target`: a flow is wanted. `await_end`: the time until the end counts as overdue begins. `give_up`: the call
 * ends though its INVITE has no final response.
 */
export type CallAction =
  | "next_target"
  | "same_target"
  | "target_failed"
  | "target_worked"
  | "invite"
  | "prack"
  | "acknowledge"
  | "bye"
  | "cancel"
  | "cancel_elsewhere"
  | "give_up"
  | "await_end"
  | "sent"
  | "progress"
  | "alerting"
  | "answered"
  | "end";

/** The far end of a dialog: a phone, or what speaks for it. */
export interface FarEnd {
  /** '' where there is none. */
  readonly tag: string;
  /** RSeq of the last reliable response that was acknowledged; 0: none yet. */
  readonly rseq: number;
  /** Its 2xx was acknowledged, and BYE sent. */
  readonly answered: boolean;
}

export interface CallState {
  /** `opening`: no INVITE is alive. */
  readonly phase: "opening" | "inviting" | "answered" | "over";
  readonly startedAtMs: number;
  /** Behind the current one. */
  readonly targetsLeft: number;
  readonly hungUp: boolean;
  /** Of the open INVITE: any response came, so CANCEL may be sent. */
  readonly responded: boolean;
  /** Of the open INVITE: more than a 100 came, which says nothing of a 503 to come. */
  readonly worked: boolean;
  /** When the open INVITE was sent. */
  readonly sentAtMs: number;
  /** A provisional response above 100 came: a phone may ring, so no INVITE follows. */
  readonly mayHaveRung: boolean;
  /** How many INVITEs answered a challenge. */
  readonly challenges: number;
  /** Null: no INVITE was sent. */
  readonly wire: WireCall | null;
  readonly farEnds: readonly FarEnd[];
  /** How many the open INVITE got. */
  readonly pracks: number;
  readonly byesOpen: number;
  /** The last final response, where there was one. */
  readonly last: Pick<CallEnding, "status" | "phrase" | "q850Cause"> | null;
  /** Set at the end. */
  readonly ending: CallEnding | null;
}

export interface CallStep {
  readonly state: CallState;
  readonly actions: readonly CallAction[];
}

/** @param atMs monotonic, as all times here */
export function beginCall(atMs: number): CallState {
  return {
    phase: "opening",
    startedAtMs: atMs,
    targetsLeft: 0,
    hungUp: false,
    responded: false,
    worked: false,
    sentAtMs: atMs,
    mayHaveRung: false,
    challenges: 0,
    wire: null,
    farEnds: [],
    pracks: 0,
    byesOpen: 0,
    last: null,
    ending: null,
  };
}
