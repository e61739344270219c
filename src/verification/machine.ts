/**
 * The states of a verification and its transitions. Redis gets this same table as Lua text (src/redis/scripts.ts), so the
 * rule that decides inside Redis is the one that the property tests read.
 *
 * A delivery has its channel's own table (`DeliveryMachine` in channel-port.ts); a state of a delivery maps to one of
 * the verification's events here.
 */

/** pending → sending → delivered → verified | failed | expired | canceled | undeliverable */
export const statuses = [
  "pending",
  "sending",
  "delivered",
  "verified",
  "failed",
  "expired",
  "canceled",
  "undeliverable",
] as const;
export type Status = (typeof statuses)[number];

export const events = [
  /** Another delivery begins. */
  "begun",
  /** The delivery is in progress. */
  "sending",
  /** The person may have the code. */
  "delivered",
  /** The delivery failed and nothing else can verify. */
  "undelivered",
  /** The delivery failed, and an earlier one still waits for the person. */
  "undelivered_pending",
  /** The delivery failed, and the code of an earlier one is still open. */
  "undelivered_delivered",
  /** The delivery failed, and the next step of the workflow follows. */
  "undelivered_continuing",
  /** The right code, or a proof without a code. */
  "proven",
  /** The last wrong check was made. */
  "exhausted",
  /** Its lifetime is over. */
  "expired",
  /** The app canceled it. */
  "canceled",
] as const;
export type Event = (typeof events)[number];

/** event → status before → status after. Other transitions do not occur. */
export const transitions: Readonly<Record<Event, Readonly<Partial<Record<Status, Status>>>>> = {
  begun: { pending: "sending", delivered: "sending" },
  sending: { pending: "sending" },
  delivered: { pending: "delivered", sending: "delivered" },
  // A message may fail after it was taken for delivered.
  undelivered: { pending: "undeliverable", sending: "undeliverable", delivered: "undeliverable" },
  undelivered_pending: { sending: "pending", delivered: "pending" },
  undelivered_delivered: { pending: "delivered", sending: "delivered" },
  undelivered_continuing: { pending: "sending", delivered: "sending" },
  // A quick person may type the digits while the phone still rings.
  proven: { pending: "verified", sending: "verified", delivered: "verified" },
  exhausted: { pending: "failed", sending: "failed", delivered: "failed" },
  expired: { pending: "expired", sending: "expired", delivered: "expired" },
  canceled: { pending: "canceled", sending: "canceled", delivered: "canceled" },
};

/** The status after `event`, or null where it changes nothing. */
export function next(status: Status, event: Event): Status | null {
  return transitions[event][status] ?? null;
}

/** The final statuses. */
export const terminalStatuses: readonly Status[] = statuses.filter((status) =>
  events.every((event) => next(status, event) === null),
);

/** Whether a verification with this status has ended. */
export function isTerminal(status: Status): boolean {
  return terminalStatuses.includes(status);
}
