/** Messages between the processes of the bench. */

/** To a side: deliver so many events. To the receiver: say when so many came. */
export interface Order {
  readonly events: number;
}

/** From a side: all of them were queued, or written. From the receiver: so many came. */
export interface Done {
  readonly done: number;
}

export interface Ready {
  readonly port?: number;
}

/** Endpoints of ours, and URLs of the bare loop: the same number of connections may be open. */
export const endpoints = 10;
/** Deliveries at once. */
export const concurrency = 256;
/** Events that are handed over together, as the relay does. */
export const batchEvents = 500;
/** Events of a verification, whose order ours keeps. */
const eventsOfEach = 5;

/** About as long as a real `verification.ended`. */
const deliveries = [
  {
    ...{ number: 1, channel: "missed_call", to: "+447400123456", state: "rung", reason: null, cost: null },
    ...{ started_at: "2026-03-01T12:00:00.000Z", ended_at: "2026-03-01T12:00:09.000Z" },
    missed_call: {
      caller_id: { prefix: "+4477009", digits: 4, pattern: "+4477009••••" },
      attempt: { outcome: "ringing", alerted: true, post_dial_delay_ms: 812, ring_ms: 5003, sip_status: 487 },
    },
  },
];

/** @param index from 0, never the same twice in one side */
export function benchEvent(index: number, app: string) {
  const verification = `v00${Math.floor(index / eventsOfEach)
    .toString(36)
    .padStart(24, "0")}`;
  const seq = (index % eventsOfEach) + 1;
  return {
    ...{ id: `evt_${verification}_${seq}`, type: "verification.ended", at: "2026-03-01T12:00:15.000Z", seq, app },
    data: {
      ...{ verification, status: "verified", reason: null, to: "+447400123456", country: "GB", channel: "missed_call" },
      ...{ state: "rung", reference: "sign-up 4711", metadata: null, proof: null },
      ...{ created_at: "2026-03-01T12:00:00.000Z", ended_at: "2026-03-01T12:00:15.000Z", deliveries },
    },
  };
}
