/**
 * The states of a verification and everything that may move it: one table, no other place knows a transition.
 * The store's Lua scripts get this very table as text (src/redis/scripts.ts), so the rule that decides inside Redis
 * is the one that the property tests read.
 */

import { delivered, type Outcome } from "../telephony/calls/outcome.ts";
import type { AttemptResult } from "../telephony/calls/ports.ts";
import { type Status, statuses } from "./types.ts";

/** What can happen to a verification. */
export const events = [
  /** Asterisk took the call. */
  "calling",
  /** The phone rings. */
  "ringing",
  /** The call is over and the callee may have seen it. */
  "delivered",
  /** The same of a call after which another one of the same code is to come. */
  "delivered_in_part",
  /** The call is over and cannot have been seen. */
  "undelivered",
  /** The call's deadline passed with no word of its end: the gateway that had it died. */
  "lost",
  /** The right code was given. */
  "matched",
  /** The callee called the number of ours that was given out. */
  "called_in",
  /** The last wrong check was made. */
  "exhausted",
  /** Its time is over. */
  "expired",
  /** The app does not want it any more. */
  "canceled",
  /** The second call of the code is placed. */
  "called_next",
  /** A new call with a new code is placed. */
  "resent",
] as const;
export type Event = (typeof events)[number];

/** event → status before → status after. What is missing does not happen. */
export const transitions: Readonly<Record<Event, Readonly<Partial<Record<Status, Status>>>>> = {
  calling: { pending: "calling" },
  ringing: { pending: "ringing", calling: "ringing" },
  delivered: { pending: "rung", calling: "rung", ringing: "rung" },
  delivered_in_part: { pending: "pending", calling: "pending", ringing: "pending" },
  undelivered: { pending: "undeliverable", calling: "undeliverable", ringing: "undeliverable" },
  lost: { pending: "undeliverable", calling: "undeliverable", ringing: "rung" },
  // A quick person may type the digits while the phone still rings.
  matched: { pending: "verified", calling: "verified", ringing: "verified", rung: "verified" },
  called_in: { pending: "verified" },
  exhausted: { pending: "failed", calling: "failed", ringing: "failed", rung: "failed" },
  expired: { pending: "expired", calling: "expired", ringing: "expired", rung: "expired" },
  canceled: { pending: "canceled", calling: "canceled", ringing: "canceled", rung: "canceled" },
  // It waited for this since the first was over.
  called_next: { pending: "pending" },
  // Only after the call before it: one phone is never rung twice at once.
  resent: { rung: "pending" },
};

/**
 * What an event means while another call of the same code is still to come (`calls: 2`): half a code is none, so the
 * phone that rang once is not enough, and a gateway that died takes the second caller ID with it.
 */
export const beforeLastCall: Readonly<Partial<Record<Event, Event>>> = {
  delivered: "delivered_in_part",
  lost: "undelivered",
};

/** The status after `event`, or null where it changes nothing. */
export function next(status: Status, event: Event): Status | null {
  return transitions[event][status] ?? null;
}

/** The statuses that no event leaves. */
export const terminalStatuses: readonly Status[] = statuses.filter((status) =>
  events.every((event) => next(status, event) === null),
);

export function isTerminal(status: Status): boolean {
  return terminalStatuses.includes(status);
}

/** What a finished call means for its verification: the event and the reason to show beside the status. */
export function eventOf({ outcome, alerted }: AttemptResult): { readonly event: Event; readonly reason: Outcome } {
  return { event: delivered(outcome, alerted) ? "delivered" : "undelivered", reason: outcome };
}
