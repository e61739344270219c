/** Statistics as they are asked for: bounds of what one question may cost. */
import { Refusal } from "../shared/refusal.ts";
import { type Figures, figuresOf } from "./figures.ts";
import type { CdrStore, Dimension, Period, StatsGroup, StatsQuery } from "./store-port.ts";
import { addTally, dayMs, emptyTally, hourMs } from "./tally.ts";

export interface StatsQuestion {
  /** Rounded down to the hour. Default: 24 hours before `toMs`. */
  readonly fromMs: number | null;
  /** Rounded up to the hour. Default: now. */
  readonly toMs: number | null;
  readonly period: Period | null;
  readonly by: readonly Dimension[];
  readonly where: StatsQuery["where"];
}

export interface StatsAnswer {
  readonly fromMs: number;
  readonly toMs: number;
  readonly groups: readonly (Omit<StatsGroup, "tally"> & { readonly figures: Figures })[];
  /** Over all groups. */
  readonly total: Figures;
}

/** More is no table that a person reads, and no answer that a gateway should make. */
const maxGroups = 5000;
/** The rows of sums by the hour, and those by prefix, are many. */
const longestByHourMs = 31 * dayMs;
const longestByPrefixMs = 31 * dayMs;
const longestMs = 800 * dayMs;

/** @throws {Refusal} `invalid_request` where the question is too wide, or asks for what is not counted together */
export async function statistics(
  store: Pick<CdrStore, "stats">,
  question: StatsQuestion,
  nowMs: number,
): Promise<StatsAnswer> {
  const { period, by, where } = question;
  const toMs = Math.ceil((question.toMs ?? nowMs) / hourMs) * hourMs;
  const fromMs = Math.floor((question.fromMs ?? toMs - dayMs) / hourMs) * hourMs;
  const uses = (name: Dimension) => by.includes(name) || where[name] !== undefined;
  if (fromMs >= toMs) throw invalid("`from` must be before `to`.");
  if (uses("prefix") && (uses("network") || uses("range"))) {
    throw invalid("`prefix` is not counted together with `network` or `range`: ask for them apart.");
  }
  const [limitMs, what] =
    period === "hour"
      ? [longestByHourMs, " by hour"]
      : uses("prefix")
        ? [longestByPrefixMs, " by prefix"]
        : [longestMs, ""];
  if (toMs - fromMs > limitMs) {
    throw invalid(`\`from\` to \`to\` must span at most ${limitMs / dayMs} days${what}; ask for shorter periods.`);
  }
  const found = await store.stats({ fromMs, toMs, period, by, where, maxGroups });
  if (found.length > maxGroups) {
    throw invalid(`More than ${maxGroups} groups: choose a shorter time, fewer \`by\`, or a filter.`);
  }
  const total = emptyTally();
  for (const { tally } of found) addTally(total, tally);
  const groups = found.map(({ tally, ...group }) => ({ ...group, figures: figuresOf(tally) }));
  return { fromMs, toMs, groups, total: figuresOf(total) };
}

function invalid(detail: string): Refusal {
  return new Refusal("invalid_request", detail);
}
