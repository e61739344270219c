/** Public events as the relay hands them over. */
import { eventId } from "../../src/events/envelope.ts";
import type { StoredEvent } from "../../src/events/sink-port.ts";

/** One of a verification; a second after the one before. */
export function storedEvent(verification: string, seq: number): StoredEvent {
  const at = new Date(Date.parse("2026-11-25T10:00:00.000Z") + seq * 1000).toISOString();
  return {
    shard: 0,
    position: `${seq}-0`,
    event: {
      ...{ id: eventId(verification, seq), type: "delivery.updated", at, seq, app: "shop" },
      data: {
        ...{ verification, reference: `order ${verification} "é"`, status: "sending", number: seq, channel: "sms" },
        ...{ to: "+447700900123", state: "sent", reason: null },
      },
    },
    ended: null,
  };
}
