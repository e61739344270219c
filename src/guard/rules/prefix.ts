/** Deliveries to one prefix: fraud goes through the numbers of blocks that it earns from. */
import type { GuardConfig } from "../config.ts";
import type { CountedRule, HashScope } from "../counted-rule.ts";

/** A block of 10,000 numbers, which networks assign and resell as one. */
const digitsLeftOut = 4;

export function prefixRule({ limits, learned }: GuardConfig, hash: HashScope): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.prefix;
  const common = { perHour, perDay, dayFloor: learned.prefix_day_floor, hourFloor: learned.hour_floor };
  return {
    name: "prefix",
    scope: ({ proves, to }) =>
      proves === "phone" ? { suffix: `p:${hash("prefix", to.slice(0, -digitsLeftOut))}`, ...common } : null,
  };
}
