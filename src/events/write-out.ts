/** Writes kept events out as apps get them, by the same representation as the API's answers. */
import { attemptBody } from "../channels/calls/attempt.ts";
import type { CallEvidence } from "../channels/calls/evidence.ts";
import { type Representation, rfc3339 } from "../verification/representation.ts";
import { newestOf, type Verification } from "../verification/types.ts";
import {
  type CallEndedData,
  type DeliveryUpdatedData,
  type EndedData,
  eventId,
  type PublicEvent,
  type StartedData,
} from "./envelope.ts";
import type { FreeEvent, KeptEvent, KeptEvents } from "./relay-port.ts";

/** @throws {Error} where the verification has no such delivery */
export type WriteOut = (kept: KeptEvents) => readonly PublicEvent[];

export function createWriteOut(representation: Representation): WriteOut {
  function started({ channel, state, status, atMs, expiresAtMs }: KeptEvent, verification: Verification): StartedData {
    const { id, to, country, reference, metadata } = verification;
    return {
      ...{ verification: id, status, to, country, channel, state, reference, metadata },
      created_at: rfc3339(atMs),
      expires_at: rfc3339(expiresAtMs ?? atMs),
    };
  }

  function updated(
    event: KeptEvent,
    { id, reference, verification, recipient, delivery }: KeptEvents,
  ): DeliveryUpdatedData {
    const { number, channel, state, status, reason, over } = event;
    const to = found(recipient(number), event);
    const ended = verification !== null && verification.endedAtMs !== null;
    // Its channel's object says how it went.
    const own = over ? representation.delivery(found(delivery(number), event), ended)[channel] : undefined;
    return {
      ...{ verification: id, status, number, channel, to, state, reason, reference },
      ...(own !== undefined && { [channel]: own }),
    };
  }

  function callEnded(event: KeptEvent, { id, reference, delivery }: KeptEvents): CallEndedData {
    const { number, channel, part } = event;
    const evidence = (event.evidence ?? found(delivery(number), event).result) as CallEvidence;
    // The last INVITE's; without one the trunk that it had a slot of.
    const trunk = evidence.invites?.at(-1)?.[0] ?? null;
    return { verification: id, number, channel, call: part, trunk, reference, ...attemptBody(evidence) };
  }

  function ended(verification: Verification): EndedData {
    const { id, status, to, country, reference, metadata, createdAtMs, endedAtMs, deliveries } = verification;
    const { channel, state, reason } = newestOf(verification);
    return {
      ...{ verification: id, status, reason, to, country, channel, state, reference, metadata },
      proof: representation.proof(verification),
      created_at: rfc3339(createdAtMs),
      ended_at: rfc3339(endedAtMs ?? createdAtMs),
      deliveries: deliveries.map((delivery) => representation.delivery(delivery, true)),
    };
  }

  /** @returns the event, marked where its verification is one of a test number */
  function write(event: KeptEvent, kept: KeptEvents): PublicEvent {
    const written = writeEvent(event, kept);
    return kept.test ? ({ ...written, data: { ...written.data, test: true } } as PublicEvent) : written;
  }

  function writeEvent(event: KeptEvent, kept: KeptEvents): PublicEvent {
    const { seq, atMs } = event;
    const about = { id: eventId(kept.id, seq), at: rfc3339(atMs), seq, app: kept.app };
    switch (event.kind) {
      case "started":
        return { ...about, type: "verification.started", data: started(event, whole(kept)) };
      case "delivery":
        return { ...about, type: "delivery.updated", data: updated(event, kept) };
      case "call":
        return { ...about, type: "call.ended", data: callEnded(event, kept) };
      case "ended":
        return { ...about, type: "verification.ended", data: ended(whole(kept)) };
    }
  }

  return (kept) => kept.events.map((event) => write(event, kept));
}

/** An event that belongs to no verification, in its envelope. */
export function writeOutFree({ id, type, atMs, app, data }: FreeEvent): PublicEvent {
  // Published by this or another version of the gateway, whose types are those of the envelope.
  return { id, type, at: rfc3339(atMs), seq: null, app, data } as PublicEvent;
}

function whole({ id, verification }: KeptEvents): Verification {
  if (verification === null) throw new Error(`an event of ${id} was kept without its verification`);
  return verification;
}

function found<T>(one: T | undefined, { number, seq }: KeptEvent): T {
  if (one === undefined) throw new Error(`event ${seq} is of delivery ${number}, which is not there`);
  return one;
}
