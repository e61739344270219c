/** What an answered call costs by the configured prices. */
import type { VoiceConfig } from "./config.ts";

/** A call of this trunk to this callee. @param talkMs from its answer to its end; undefined: not answered */
export type CostOf = (trunk: string, callee: string, talkMs: number | undefined) => number | null;

/** @returns null where no price matches; an unanswered call costs nothing where one does */
export function createCosts(prices: VoiceConfig["prices"]): CostOf {
  // The longest prefix first; of equal ones the price of the trunk itself.
  const ordered = [...prices].sort(
    (a, b) => b.prefix.length - a.prefix.length || Number(a.trunk === undefined) - Number(b.trunk === undefined),
  );
  return (trunk, callee, talkMs) => {
    const price = ordered.find((one) => callee.startsWith(one.prefix) && (one.trunk ?? trunk) === trunk);
    if (price === undefined) return null;
    if (talkMs === undefined) return 0;
    const increments = Math.max(1, Math.ceil(talkMs / 1000 / price.increment_seconds));
    return round((increments * price.increment_seconds * price.per_minute) / 60);
  };
}

/** The most that a call may cost, over whichever trunk it goes. @param talkMs its longest time; null: no price matches */
export function mostCost(prices: VoiceConfig["prices"], talkMs: number): (callee: string) => number | null {
  const costOf = createCosts(prices);
  // The last one stands for all trunks without prices of their own.
  const trunks = [...new Set(prices.flatMap(({ trunk }) => trunk ?? [])), ""];
  return (callee) => {
    const costs = trunks.flatMap((trunk) => costOf(trunk, callee, talkMs) ?? []);
    return costs.length === 0 ? null : Math.max(...costs);
  };
}

/** A millionth of the currency: no price is finer, and sums of floating-point numbers have tails. */
function round(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}
