/**
 * Public events: what apps and operators get by live stream and webhook, and what records keep. Each describes a change of
 * state that was stored together with it (redis/lua/includes/outbox.lua). No event holds a code, none a caller ID before
 * its verification's end.
 */

import type { Status } from "../verification/machine.ts";
import type { DeliveryBody, ProofBody } from "../verification/representation.ts";

/** The common fields. Times are RFC 3339. */
export interface PublicEnvelope<Type extends string, Data> {
  /** `evt_<verification>_<seq>`, or random where it belongs to no verification; the same however often it is delivered. */
  readonly id: string;
  readonly type: Type;
  /** When it happened, by the store's clock. */
  readonly at: string;
  /** Counts the public events of one verification from 1, without gaps; null where it belongs to none. */
  readonly seq: number | null;
  /** Null: the operator's. */
  readonly app: string | null;
  readonly data: Data;
}

/** What all events of a verification have in `data`. */
interface OfVerification {
  readonly verification: string;
  /** As the app gave it at the start. */
  readonly reference: string | null;
  /** Of a test number. */
  readonly test?: true;
}

export interface StartedData extends OfVerification {
  readonly status: Status;
  readonly to: string;
  readonly country: string | null;
  /** The first delivery's. */
  readonly channel: string;
  readonly state: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly created_at: string;
  readonly expires_at: string;
}

/**
 * A delivery began, or has another state. One that has ended has its channel's object too, under the channel's name. May come
 * after `verification.ended`: a phone that still rings, a late receipt.
 */
export interface DeliveryUpdatedData extends OfVerification {
  readonly status: Status;
  /** Which delivery, 1 for the first. */
  readonly number: number;
  readonly channel: string;
  readonly to: string;
  readonly state: string;
  readonly reason: string | null;
  readonly [channel: string]: unknown;
}

/** The evidence of a call attempt was stored. May come after `verification.ended`, as `delivery.updated`. */
export interface CallEndedData extends OfVerification {
  /** Of its delivery. */
  readonly number: number;
  readonly channel: string;
  /** Which call of its code, 1 for the first. */
  readonly call: number;
  /** The trunk of its last INVITE; null where none was sent. */
  readonly trunk: string | null;
  /** See docs/outcomes.md. */
  readonly outcome: string;
  readonly alerted: boolean;
  readonly post_dial_delay_ms: number | null;
  readonly ring_ms: number | null;
  readonly sip_status: number | null;
  readonly q850: number | null;
  readonly ended_by: string;
  readonly false_answer: boolean;
  readonly source: string;
}

export interface EndedData extends OfVerification {
  readonly status: Status;
  /** The newest delivery's. */
  readonly reason: string | null;
  readonly to: string;
  readonly country: string | null;
  readonly channel: string;
  readonly state: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly proof: ProofBody | null;
  readonly created_at: string;
  readonly ended_at: string;
  /** As in the API. */
  readonly deliveries: readonly DeliveryBody[];
}

/** A trunk, an Asterisk or the path of both is used, or is not used any more, for another reason than load. */
export interface TrunkUpdatedData {
  /** Null: every trunk of this Asterisk. */
  readonly trunk: string | null;
  /** Null: the trunk through each of its Asterisks. */
  readonly asterisk: string | null;
  /** `drained` and `enabled`: by an operator or the canary. `open`, `half_open`, `closed`: a gateway's circuit breaker of this path. */
  readonly state: "drained" | "enabled" | "open" | "half_open" | "closed";
  /** For operators: one sentence. */
  readonly reason: string | null;
}

/** A webhook endpoint of the app was disabled: it answered 410 (`gone`), or no delivery succeeded for days (`failing`). */
export interface WebhookDisabledData {
  readonly webhook: string;
  readonly reason: string;
}

/**
 * The guard refused deliveries of the app. At most one event in ten seconds for each rule: GET /v1/decisions has each decision.
 */
export interface GuardDecidedData {
  readonly rule: string;
  /** Of the delivery that was refused when the event was made. */
  readonly channel: string;
  readonly country: string | null;
  readonly verification: string;
  /** Refused by this rule since the event before, this one included. */
  readonly count: number;
}

/** A live check placed a call, and that ended. */
export interface LiveCheckedData {
  /** Random. */
  readonly check: string;
  /** Keyed hash of the number, as in the audit log: always the same for one number. */
  readonly callee: string;
  readonly country: string | null;
  readonly state: "reachable" | "switched_off" | "unallocated" | "unknown";
  /** Why the state is `unknown`; else null. */
  readonly reason: string | null;
  /** The trunk of its last INVITE; null where none was sent. */
  readonly trunk: string | null;
  /** See docs/outcomes.md. */
  readonly outcome: string | null;
  readonly alerted: boolean;
  /** An answered call is not free. */
  readonly answered: boolean;
  readonly sip_status: number | null;
  readonly q850: number | null;
  /** The most that it may have cost, by `live_check.cost`; null: no price is configured. */
  readonly cost: number | null;
}

/** A gateway's brake slows an app or a callee prefix down, or no longer: too many of its calls are answered, or never checked. */
export interface GuardAlarmData {
  readonly kind: "app" | "prefix";
  /** The app, or the first digits of the numbers. */
  readonly name: string;
  readonly reason: "answered" | "false_answer" | "unchecked";
  readonly state: "braked" | "released";
}

/** A list that the app had cleaned over the API has ended. */
export interface ScrubEndedData {
  readonly scrub: string;
  /** As the app calls it. */
  readonly name: string;
  /** `finished` or `failed`; `GET /v1/scrubs/{id}` says why. */
  readonly state: string;
  /** Null where it failed. */
  readonly rows: number | null;
  readonly clean: number | null;
  readonly rejected: number | null;
  readonly ended_at: string;
}

/** `data` by type. A feature that has public events of its own adds them here. */
export interface PublicEventData {
  readonly "verification.started": StartedData;
  readonly "delivery.updated": DeliveryUpdatedData;
  readonly "call.ended": CallEndedData;
  readonly "verification.ended": EndedData;
  readonly "trunk.updated": TrunkUpdatedData;
  readonly "webhook.disabled": WebhookDisabledData;
  readonly "guard.decided": GuardDecidedData;
  readonly "guard.alarm": GuardAlarmData;
  readonly "number.live_checked": LiveCheckedData;
  readonly "scrub.ended": ScrubEndedData;
}

export type PublicEventType = keyof PublicEventData;

/** Every type, for filters and schemas. */
export const publicEventTypes = [
  "verification.started",
  "delivery.updated",
  "call.ended",
  "verification.ended",
  "trunk.updated",
  "webhook.disabled",
  "guard.decided",
  "guard.alarm",
  "number.live_checked",
  "scrub.ended",
] as const satisfies readonly PublicEventType[];

/** Any public event; narrowed by `type`. */
export type PublicEvent = {
  [Type in PublicEventType]: PublicEnvelope<Type, PublicEventData[Type]>;
}[PublicEventType];

/** The verification's id and event number of an event's id; null where it belongs to no verification. */
export function readEventId(id: string): { readonly verification: string; readonly seq: number } | null {
  const [, verification, seq] = /^evt_(.+)_(\d{1,9})$/.exec(id) ?? [];
  return verification === undefined ? null : { verification, seq: Number(seq) };
}

/** The stable id of a verification's event. */
export function eventId(verification: string, seq: number): string {
  return `evt_${verification}_${seq}`;
}
