/** Deliveries to one prefix: fraud goes through the numbers of blocks that it earns from. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, type HashScope, unlimited } from "../counted-rule.ts";

/** A block of 10,000 numbers, which networks assign and resell as one. */
const blockDigits = 4;
/** A range of a network: what a regulator assigns, and what a new block of honest numbers belongs to. */
const rangeDigits = 6;

export function prefixRule({ limits, learned }: GuardConfig, hash: HashScope): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.prefix;
  const common = { perHour, perDay, dayFloor: learned.prefix_day_floor, hourFloor: learned.hour_floor };
  return {
    name: "prefix",
    scope: ({ proves, to }) =>
      proves === "phone" ? { suffix: `p:${hash("prefix", to.slice(0, -blockDigits))}`, ...common } : null,
  };
}

/** Refuses nothing by itself: a block that is new may belong to a range whose people verify (lua/guard_decide.lua). */
export function rangeRule({ learned }: GuardConfig, hash: HashScope): CountedRule {
  const common = { ...unlimited, dayFloor: learned.prefix_day_floor, hourFloor: learned.hour_floor };
  return {
    name: "range",
    scope: ({ proves, to }) =>
      proves === "phone" ? { suffix: `r:${hash("range", to.slice(0, -rangeDigits))}`, ...common } : null,
  };
}
