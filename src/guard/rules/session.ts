/** Deliveries that one session wants, as the app says. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, notLearned } from "../counted-rule.ts";

export function sessionRule({ limits }: GuardConfig): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.session;
  return {
    name: "session",
    scope: ({ client }) =>
      client?.session == null ? null : { suffix: `s:${client.session}`, perHour, perDay, ...notLearned },
  };
}
