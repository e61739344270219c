/**
 * The tables as TypeScript sees them; the same on both backends. Times are milliseconds since the epoch (`bigint`), JSON is
 * text, booleans are the integers 0 and 1: SQLite has no types of its own for them.
 */
import type { Kysely, Transaction } from "kysely";
import type { CdrsTable } from "./cdr/tables.ts";

/** What the gateway keeps about the records themselves. */
export interface MetaTable {
  readonly key: string;
  readonly value: string;
}

/** One row per public event. */
export interface EventsTable {
  readonly id: string;
  /** Null where it belongs to no verification; the same for `seq`. */
  readonly verification: string | null;
  /** Counts per verification from 1. */
  readonly seq: number | null;
  readonly type: string;
  readonly at: number;
  /** Null for the operator's events. */
  readonly app: string | null;
  /** JSON. */
  readonly data: string;
}

/** A webhook endpoint; URL and secrets are sealed. */
export interface WebhookEndpointsTable {
  readonly id: string;
  readonly app: string;
  readonly url: string;
  /** JSON: a list of types; empty: all. */
  readonly events: string;
  readonly enabled: number;
  readonly disabled_reason: string | null;
  readonly secret: string;
  readonly previous_secret: string | null;
  readonly previous_until: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  /** Grows with each change. */
  readonly revision: number;
}

/** An event that an endpoint did not get. */
export interface WebhookDeadLettersTable {
  readonly endpoint: string;
  readonly event: string;
  readonly app: string;
  readonly type: string;
  readonly verification: string | null;
  readonly reason: string;
  readonly tries: number;
  readonly queued_at: number;
  readonly ended_at: number;
  /** The envelope: JSON. */
  readonly body: string;
}

/** One row per administrative act; it can be neither changed nor, for a month, deleted. */
export interface AuditTable {
  readonly id: string;
  /** Orders the rows: the place in Redis' queue, padded with zeros. */
  readonly position: string;
  readonly at: number;
  readonly who: string;
  readonly action: string;
  readonly target: string;
  readonly outcome: string;
  /** JSON; null where there was nothing, or it is not known. */
  readonly before_json: string | null;
  readonly after_json: string | null;
}

/** Which verifications a number or an address had. */
export interface SubjectsTable {
  /** Bucket and hash of `Hashes.callee`. */
  readonly hash: string;
  readonly verification: string;
  /** When it was written last. */
  readonly at: number;
}

/** An app that the API made, or of which it keeps further keys. */
export interface AppsTable {
  readonly name: string;
  /** JSON; null: the configuration has the app. */
  readonly profile: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  /** Grows with each change, also of its keys. */
  readonly revision: number;
}

/** An API key; revoked ones are not here. */
export interface AppKeysTable {
  readonly id: string;
  readonly app: string;
  /** SHA-256, in hex. */
  readonly hash: string;
  /** JSON: a list. */
  readonly scopes: string;
  readonly created_at: number;
  readonly expires_at: number | null;
}

/** Who is never to be contacted again; one row per recipient. */
export interface OptOutsTable {
  /** HMAC under the key of opt-outs. */
  readonly callee: string;
  /** JSON: by app. */
  readonly entries: string;
  /** Grows with each change. */
  readonly revision: number;
}

/** An entry of a block or allow list. */
export interface GuardListsTable {
  readonly id: string;
  readonly list: string;
  /** Null: of all apps. */
  readonly app: string | null;
  readonly value: string;
  readonly reason: string | null;
  readonly added_by: string;
  readonly created_at: number;
  /** Null: it does not end. */
  readonly expires_at: number | null;
}

/** One row per decision of the guard in which a rule spoke, or of each where the configuration says so. */
export interface GuardDecisionsTable {
  readonly id: string;
  readonly at: number;
  readonly app: string;
  readonly verification: string;
  readonly mode: string;
  readonly channel: string;
  readonly country: string | null;
  readonly prefix: string | null;
  /** Bucket and hash of `Hashes.callee`. */
  readonly recipient: string | null;
  readonly verdict: string;
  readonly rule: string | null;
  readonly note: string | null;
  /** JSON. */
  readonly figures: string;
}

/** Each feature adds its tables here, beside its migration. */
export interface Tables {
  readonly meta: MetaTable;
  readonly events: EventsTable;
  readonly webhook_endpoints: WebhookEndpointsTable;
  readonly webhook_dead_letters: WebhookDeadLettersTable;
  readonly audit: AuditTable;
  readonly subjects: SubjectsTable;
  readonly cdrs: CdrsTable;
  readonly guard_lists: GuardListsTable;
  readonly guard_decisions: GuardDecisionsTable;
  readonly apps: AppsTable;
  readonly app_keys: AppKeysTable;
  readonly opt_outs: OptOutsTable;
}

export type RecordsDb = Kysely<Tables>;
export type RecordsTransaction = Transaction<Tables>;
