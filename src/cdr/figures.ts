/** The figures of a group of records: ratios, percentiles and costs from its counts. */
import { delayBoundsMs, type Tally } from "./tally.ts";

export interface Figures {
  readonly verifications: number;
  readonly started: number;
  readonly delivered: number;
  readonly verified: number;
  /** Verified deliveries ÷ those that began; null without any. */
  readonly conversion: number | null;
  readonly attempts: number;
  readonly answered: number;
  /** Answer-seizure ratio: answered ÷ attempts (ITU-T E.411). */
  readonly asr: number | null;
  /** Network effectiveness ratio: attempts that reached a user ÷ attempts (ITU-T E.425). */
  readonly ner: number | null;
  /** Post-dial delay in ms; null where no phone alerted. */
  readonly pddMs: { readonly p50: number | null; readonly p95: number | null };
  /** In the operator's currency; null where no delivery had a price. */
  readonly cost: number | null;
  readonly costPerVerified: number | null;
}

export function figuresOf({ counters, delays }: Tally): Figures {
  const { verifications, started, delivered, verified, attempts, answered, reached, priced, costMicros } = counters;
  const cost = priced === 0 ? null : costMicros / 1e6;
  return {
    ...{ verifications, started, delivered, verified, conversion: ratio(verified, started) },
    ...{ attempts, answered, asr: ratio(answered, attempts), ner: ratio(reached, attempts) },
    pddMs: { p50: quantile(delays, 0.5), p95: quantile(delays, 0.95) },
    cost,
    costPerVerified: cost === null || verified === 0 ? null : Math.round((cost / verified) * 1e6) / 1e6,
  };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

/**
 * The quantile of counts in buckets, by linear interpolation in its bucket as Prometheus' `histogram_quantile` does: off by
 * less than the width of that bucket. Above the last bound it is that bound.
 */
export function quantile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const from = delayBoundsMs[index - 1] ?? 0;
      const to = delayBoundsMs[index] ?? from;
      return Number.isFinite(to) ? Math.round(from + ((to - from) * (rank - below)) / count) : from;
    }
    below += count;
  }
  return null;
}
