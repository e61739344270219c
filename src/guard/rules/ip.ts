/** Deliveries that one address of a client wants, as the app says: hashed for that app, so no other app is held up by it. */
import type { GuardConfig } from "../config.ts";
import type { CountedRule } from "../counted-rule.ts";

export function ipRule({ limits, learned }: GuardConfig): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.ip;
  const common = { perHour, perDay, dayFloor: learned.ip_day_floor, hourFloor: 0 };
  return {
    name: "ip",
    scope: ({ client }) => (client?.ip == null ? null : { suffix: `i:${client.ip}`, ...common }),
  };
}
