/** Messages to one mailbox, and to one e-mail domain: a person has one, a bot has all addresses of its own domain. */
import type { GuardConfig } from "../config.ts";
import { type CountedRule, type HashScope, notLearned } from "../counted-rule.ts";
import { domainOf, mailboxOf } from "../mailbox.ts";

export function addressRule({ limits }: GuardConfig, hash: HashScope): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.address;
  return {
    name: "address",
    scope: ({ proves, to }) =>
      proves === "email" ? { suffix: `e:${hash("mailbox", mailboxOf(to))}`, perHour, perDay, ...notLearned } : null,
  };
}

export function domainRule({ limits, learned }: GuardConfig, hash: HashScope): CountedRule {
  const { per_hour: perHour, per_day: perDay } = limits.domain;
  const common = { perHour, perDay, dayFloor: learned.domain_day_floor, hourFloor: learned.hour_floor };
  return {
    name: "domain",
    scope: ({ proves, to }) => (proves === "email" ? { suffix: `m:${hash("domain", domainOf(to))}`, ...common } : null),
  };
}
