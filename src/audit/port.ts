/**
 * The audit log: who did what, when, and what was before and after. Append-only. Numbers and addresses only as hashes, no
 * secrets: callers put neither in.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** `unknown`: the gateway died, or lost Redis, between the beginning of the act and its end. */
export const auditOutcomes = ["done", "refused", "failed", "unknown"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

export interface AuditAct {
  /** `key 3f9a01bc` of an operator, `app shop`, or a program. */
  readonly who: string;
  /** What was done to what: `trunk.drain`, `webhook.create`. */
  readonly action: string;
  /** Its object: `trunk carrier-a`, `subject 1f3c…`. */
  readonly target: string;
}

export interface AuditEntry extends AuditAct {
  readonly id: string;
  readonly atMs: number;
  readonly outcome: AuditOutcome;
  /** Null where there was nothing, or it is not known. */
  readonly before: Json;
  readonly after: Json;
}

export interface AuditFilter {
  readonly who?: string;
  readonly action?: string;
  readonly target?: string;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

export interface Audit {
  /**
   * Does something, and records it: the entry is in Redis before `run` begins, so that no act is without one, and gets its
   * outcome afterwards. A refusal of `run` is recorded too, and thrown again.
   * @throws {Refusal} `store_unavailable` where it could not be written, or too many wait for the records; nothing was done then
   */
  act<T>(
    act: AuditAct,
    run: () => Promise<{ readonly result: T; readonly before?: Json; readonly after?: Json }>,
  ): Promise<T>;
  /**
   * The entries, newest first.
   * @param after `next` of the page before
   * @throws {Refusal} `records_unavailable`, `store_unavailable`
   */
  read(
    filter: AuditFilter,
    after: string | null,
    count: number,
  ): Promise<{ readonly entries: readonly AuditEntry[]; readonly next: string | null }>;
}

/** Where entries wait for the records (src/redis/audit-queue.ts). Every method throws `Refusal("store_unavailable")`. */
export interface AuditQueue {
  /** @returns false: so many wait already that no act may begin */
  begin(entry: AuditEntry): Promise<boolean>;
  /** Makes the entry final: from now on it is to be moved to the records. */
  finish(entry: AuditEntry): Promise<void>;
  /**
   * The oldest final entries with their places, which grow. Begun ones that were never finished are made final as `unknown`
   * after a minute.
   */
  oldest(count: number): Promise<readonly QueuedAudit[]>;
  /** They are in the records. */
  remove(positions: readonly string[]): Promise<void>;
}

export interface QueuedAudit {
  /** `<ms>-<number>`: a Redis stream's entry id. */
  readonly position: string;
  readonly entry: AuditEntry;
}

/** The durable log (src/records/audit.ts). Throws `Refusal("records_unavailable")`. */
export interface AuditRecords {
  /** An entry that is there already stays as it is. */
  append(entries: readonly QueuedAudit[]): Promise<void>;
  read: Audit["read"];
}
