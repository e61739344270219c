/** The rules that count, in their order: prefix first, because a known prefix is not held up by its country. */
import type { GuardConfig } from "../config.ts";
import type { CountedRule, HashScope } from "../counted-rule.ts";
import { appRule } from "./app.ts";
import { countryRule } from "./country.ts";
import { deviceRule } from "./device.ts";
import { addressRule, domainRule } from "./email.ts";
import { ipRule } from "./ip.ts";
import { prefixRule } from "./prefix.ts";
import { sessionRule } from "./session.ts";

export function countedRules(config: GuardConfig, hash: HashScope): readonly CountedRule[] {
  return [
    prefixRule(config, hash),
    appRule(config),
    ipRule(config),
    sessionRule(config),
    deviceRule(config),
    addressRule(config, hash),
    domainRule(config, hash),
    countryRule(config),
  ];
}
