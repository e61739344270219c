/** Webhook endpoints of apps, and what is kept of them. */

/** As it is kept, in records and mirrored in Redis: the URL (it may hold a token) and the secrets are sealed. */
export interface EndpointRow {
  readonly id: string;
  readonly app: string;
  readonly url: string;
  /** Types or `verification.*`; empty: all. */
  readonly events: readonly string[];
  readonly enabled: boolean;
  /** Why it was disabled; null while it is enabled. */
  readonly disabledReason: DisabledReason | null;
  readonly secret: string;
  /** Signs too until `previousUntilMs`; null: the secret was not rotated, or that is over. */
  readonly previousSecret: string | null;
  readonly previousUntilMs: number | null;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Grows with each change: of two copies the one with the greater revision holds. */
  readonly revision: number;
}

/** `app`: by the app itself; `gone`: it answered 410; `failing`: no delivery succeeded for days. */
export const disabledReasons = ["app", "gone", "failing"] as const;
export type DisabledReason = (typeof disabledReasons)[number];

/** An endpoint that can be delivered to. */
export interface Endpoint {
  readonly row: EndpointRow;
  readonly id: string;
  readonly app: string;
  readonly url: URL;
  readonly secret: string;
  readonly previousSecret: string | null;
}

/** What ended undelivered. */
export interface DeadLetter {
  readonly endpoint: string;
  readonly app: string;
  readonly eventId: string;
  readonly type: string;
  /** The verification that the event is of; null: of none. */
  readonly verification: string | null;
  readonly reason: DeadReason;
  /** How often it was tried. */
  readonly tries: number;
  readonly queuedAtMs: number;
  readonly endedAtMs: number;
  /** The envelope, as it would have been sent. */
  readonly body: string;
}

/**
 * `expired`: not delivered within `webhooks.retry_hours`; `gone`: the endpoint answered 410; `overflow`: more than
 * `webhooks.queue_max` events waited; `disabled`: the endpoint was.
 */
export const deadReasons = ["expired", "gone", "overflow", "disabled"] as const;
export type DeadReason = (typeof deadReasons)[number];

/** One try, as the app may read it. */
export interface Try {
  readonly eventId: string;
  readonly type: string;
  /** From 1. */
  readonly attempt: number;
  readonly delivered: boolean;
  /** HTTP status; null: there was no answer. */
  readonly status: number | null;
  /** Why there was none; null: there was. */
  readonly error: string | null;
  readonly atMs: number;
  readonly durationMs: number;
}

/** What is delivered: the public event's fields that the queue needs. */
export interface WebhookEvent {
  readonly id: string;
  readonly type: string;
  readonly app: string | null;
  readonly data: object | null;
}
