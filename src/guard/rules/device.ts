/** Deliveries that one device wants, as the app says. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, notLearned } from "../counted-rule.ts";

export function deviceRule({ limits }: GuardConfig): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.device;
  return {
    name: "device",
    scope: ({ client }) =>
      client?.device == null ? null : { suffix: `d:${client.device}`, perHour, perDay, ...notLearned },
  };
}
