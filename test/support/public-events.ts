/** Public events for tests. */
import { eventId, type PublicEvent } from "../../src/events/envelope.ts";

const at = "2026-12-01T00:00:00.000Z";

/** An event of a verification: `verification.started` is its first, others are updates unless `type` says otherwise. */
export function anEvent(
  app: string,
  verification: string,
  seq: number,
  type: "verification.started" | "delivery.updated" | "verification.ended" = seq === 1
    ? "verification.started"
    : "delivery.updated",
): PublicEvent {
  const data = { verification, status: "sending", to: "+447911123456", channel: "missed_call", reference: null };
  return { id: eventId(verification, seq), type, at, seq, app, data } as unknown as PublicEvent;
}

/** An event of the operator. */
export function operatorEvent(id: string): PublicEvent {
  const data = { trunk: "carrier", asterisk: null, state: "drained", reason: null } as const;
  return { id, type: "trunk.updated", at, seq: null, app: null, data };
}
