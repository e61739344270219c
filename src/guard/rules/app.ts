/** All deliveries of the app. */
import type { GuardConfig } from "../config.ts";
import type { CountedRule } from "../counted-rule.ts";

export function appRule({ limits, learned }: GuardConfig): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.app;
  const scope = {
    ...{ suffix: "a:", perHour, perDay },
    ...{ dayFloor: learned.app_day_floor, hourFloor: learned.hour_floor },
  };
  return { name: "app", scope: () => scope };
}
