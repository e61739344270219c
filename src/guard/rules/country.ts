/** Starts of one country: an attack on one must not use up what the others may have. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, unlimited } from "../counted-rule.ts";

export function countryRule({ learned }: GuardConfig): CountedRule {
  const common = { ...unlimited, dayFloor: learned.country_day_floor, hourFloor: learned.hour_floor };
  return {
    name: "country",
    scope: ({ country }) => (country === null ? null : { suffix: `c:${country}`, ...common }),
  };
}
