/** Deliveries of one app to one network: fraud shares its earnings with the operator that bills them. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, type HashScope, notLearned } from "../counted-rule.ts";

/** Not learned: the network that a verification ends with may be known better than the one that it began with. */
export function networkRule({ limits }: GuardConfig, hash: HashScope): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.network;
  return {
    name: "network",
    scope({ proves, country, network }) {
      if (perHour + perDay === 0 || proves !== "phone" || network == null) return null;
      // Networks of several countries have one name.
      const name = network.mccMnc ?? `${country} ${network.name}`;
      return { suffix: `n:${hash("network", name)}`, perHour, perDay, ...notLearned };
    },
  };
}
