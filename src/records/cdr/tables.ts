/** The tables of detail records and of their sums. */
import { delayBoundsMs } from "../../cdr/tally.ts";

type Flag = 0 | 1;

/** One row a delivery; see `Cdr` (cdr/rows.ts). */
export interface CdrsTable {
  readonly verification: string;
  readonly number: number;
  readonly seq: number;
  readonly app: string;
  readonly channel: string;
  /** Null: erased. The same for `verification_to` and `reference`. */
  readonly recipient: string | null;
  readonly verification_to: string | null;
  readonly country: string | null;
  readonly prefix: string | null;
  readonly network: string | null;
  readonly trunk: string | null;
  readonly asterisk: string | null;
  readonly range: string | null;
  /** With spaces between them; null: none. */
  readonly caller_ids: string | null;
  readonly route: string | null;
  readonly segments: number | null;
  /** JSON; null: none. */
  readonly invites: string | null;
  readonly outcome: string | null;
  readonly alerted: Flag | null;
  readonly post_dial_delay_ms: number | null;
  readonly ring_ms: number | null;
  readonly answered: Flag | null;
  readonly talk_ms: number | null;
  readonly false_answer: Flag | null;
  readonly sip_status: number | null;
  readonly q850: number | null;
  readonly ended_by: string | null;
  readonly source: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly begun: Flag;
  readonly delivered: Flag;
  readonly verified: Flag;
  readonly is_first: Flag;
  readonly is_last: Flag;
  readonly status: string;
  readonly cost_micros: number | null;
  readonly guard_decision: string | null;
  readonly test: Flag;
  readonly reference: string | null;
  readonly checks_used: number | null;
  readonly started_at: number;
  readonly ended_at: number;
  readonly verification_started_at: number;
  readonly verification_ended_at: number;
}

/** Each is written and read back. */
export const cdrColumns = [
  "verification",
  "number",
  "seq",
  "app",
  "channel",
  "recipient",
  "verification_to",
  "country",
  "prefix",
  "network",
  "trunk",
  "asterisk",
  "range",
  "caller_ids",
  "route",
  "segments",
  "invites",
  "outcome",
  "alerted",
  "post_dial_delay_ms",
  "ring_ms",
  "answered",
  "talk_ms",
  "false_answer",
  "sip_status",
  "q850",
  "ended_by",
  "source",
  "state",
  "reason",
  "begun",
  "delivered",
  "verified",
  "is_first",
  "is_last",
  "status",
  "cost_micros",
  "guard_decision",
  "test",
  "reference",
  "checks_used",
  "started_at",
  "ended_at",
  "verification_started_at",
  "verification_ended_at",
] as const satisfies readonly (keyof CdrsTable)[];

/**
 * The key of `cdr_stats`, sums of records. `level`: `h` and `d` by hour and by day without `prefix`; `hp` and `dp` with it, without
 * `network` and `range`: so that no level grows with the product of all. `at` is the beginning of the hour or day, UTC. An
 * empty string stands for null.
 */
export const statsKey = ["level", "at", "app", "channel", "country", "prefix", "network", "trunk", "range"] as const;

/** In the order of `counterNames` (cdr/tally.ts), then of its delays. */
export const statsSums: readonly string[] = [
  ...["verifications", "started", "delivered", "verified", "attempts", "answered", "reached", "priced", "cost_micros"],
  ...delayBoundsMs.map((_, bucket) => `delay_${bucket}`),
];
