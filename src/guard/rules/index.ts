/** The rules that count, from the narrowest to the widest: what is known to verify is not held up by what it lies in. */
import type { GuardConfig } from "../config.ts";
import type { CountedRule, HashScope } from "../counted-rule.ts";
import { appRule } from "./app.ts";
import { countryRule } from "./country.ts";
import { deviceRule } from "./device.ts";
import { addressRule, domainRule } from "./email.ts";
import { ipRule } from "./ip.ts";
import { networkRule } from "./network.ts";
import { prefixRule, rangeRule } from "./prefix.ts";
import { sessionRule } from "./session.ts";

export function countedRules(config: GuardConfig, hash: HashScope): readonly CountedRule[] {
  return [
    prefixRule(config, hash),
    rangeRule(config, hash),
    addressRule(config, hash),
    domainRule(config, hash),
    networkRule(config, hash),
    countryRule(config),
    appRule(config),
    ipRule(config),
    sessionRule(config),
    deviceRule(config),
  ];
}
