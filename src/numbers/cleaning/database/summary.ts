/** What a run found and did, in figures: `summary.json`, and as text. */
import type { HoldTimes } from "./hold-times.ts";
import type { Journal, Tally, Verb } from "./journal.ts";
import { type Counts, duplicate, type Plan } from "./plan.ts";

export interface VerbSummary extends Tally {
  /** Held by other transactions to the end: run again. */
  readonly locked: number;
}

/** Snake case: it is written as it is. */
export interface DatabaseSummary {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
  readonly nulls: number;
  readonly clean: number;
  readonly not_in_e164: number;
  readonly rejected: number;
  readonly duplicates: number;
  readonly by_reason: Readonly<Record<string, number>>;
  readonly by_country: Readonly<Record<string, number>>;
  readonly by_type: Readonly<Record<string, number>>;
  /** Null: a dry run. */
  readonly applied: {
    readonly actions: string;
    readonly rejects: VerbSummary;
    readonly normalised: VerbSummary;
    readonly locks: LockSummary;
  } | null;
}

/** Of this process: how long its transactions held locks. */
export interface LockSummary {
  readonly transactions: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

export function summarise(
  table: string,
  { asked, counts }: Plan,
  journal: Journal | null,
  holds: HoldTimes,
): DatabaseSummary {
  const rejected = Object.entries(counts.reasons).filter(([reason]) => reason !== duplicate);
  return {
    table,
    column: asked.column,
    rows: counts.rows,
    nulls: counts.nulls,
    clean: counts.clean,
    not_in_e164: counts.notCanonical,
    rejected: rejected.reduce((sum, [, count]) => sum + count, 0),
    duplicates: counts.reasons[duplicate] ?? 0,
    by_reason: sorted(counts.reasons),
    by_country: sorted(counts.countries),
    by_type: sorted(counts.types),
    applied: journal?.actions == null ? null : appliedOf(journal, journal.actions, holds),
  };
}

function appliedOf(journal: Journal, actions: string, holds: HoldTimes) {
  const of = (verb: Verb): VerbSummary => {
    const { tally, busy } = journal.progress(verb);
    return { ...tally, locked: busy.size };
  };
  return { actions, rejects: of("reject"), normalised: of("normalise"), locks: lockSummary(holds) };
}

export function lockSummary(holds: HoldTimes): LockSummary {
  const rounded = (ms: number) => Math.round(ms * 10) / 10;
  return {
    transactions: holds.count,
    p50_ms: rounded(holds.quantileMs(0.5)),
    p99_ms: rounded(holds.quantileMs(0.99)),
    max_ms: rounded(holds.maxMs),
  };
}

function sorted(counts: Counts["reasons"]): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([, one], [, other]) => other - one));
}

/** For people. */
export function summaryText(summary: DatabaseSummary): string {
  const { rows, nulls, clean, not_in_e164: odd, by_reason: reasons, applied } = summary;
  const lines = [
    `${summary.table}.${summary.column}: ${rows} rows, ${nulls} without a number, ${clean} clean`,
    `${odd} callable numbers are not written in E.164`,
    ...Object.entries(reasons).map(([reason, count]) => `  ${String(count).padStart(9)}  ${reason}`),
  ];
  if (applied !== null) {
    const { rejects, normalised, locks } = applied;
    lines.push(`applied ${applied.actions}`);
    for (const [name, tally] of [
      ["rejected", rejects],
      ["normalised", normalised],
    ] as const) {
      const parts = Object.entries(tally).filter(([, count]) => count > 0);
      if (parts.length > 0)
        lines.push(`  ${name}: ${parts.map(([what, count]) => `${count} ${words[what] ?? what}`).join(", ")}`);
    }
    lines.push(
      `  locks held in ${locks.transactions} transactions: p50 ${locks.p50_ms} ms, p99 ${locks.p99_ms} ms, at most ${locks.max_ms} ms`,
    );
  }
  return `${lines.join("\n")}\n`;
}

const words: Readonly<Record<string, string>> = {
  already: "were so already",
  differs: "have another value since",
  gone: "were deleted since",
  refused: "refused by the database",
  locked: "locked by others: run again",
};
