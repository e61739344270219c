/** The guard as the composition root takes it: one decision before anything costs money. */

import type { Logger } from "pino";
import type { AppCapsConfig } from "../apps/caps-config.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { Guard } from "../verification/guard-port.ts";
import { createHashes } from "../verification/hashes.ts";
import type { ProofKind } from "../verification/types.ts";
import type { GuardConfig } from "./config.ts";
import type { GuardCounters } from "./counter-port.ts";
import { createCounters } from "./counters.ts";
import { createDecisionWriter, type DecisionStore } from "./decisions.ts";
import { createDenials, type PublishDenied } from "./denials.ts";
import { createJudge } from "./guard.ts";
import type { GuardObserver } from "./observer-port.ts";
import type { GuardRule } from "./rule.ts";
import { countedRules } from "./rules/index.ts";
import { createSettlements } from "./settlements.ts";

export interface GuardOptions {
  readonly config: GuardConfig;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** Caps of an app; null: it has none. */
  readonly appCaps: (app: string) => AppCapsConfig | null;
  readonly counters: GuardCounters;
  /** Null: nothing is recorded. */
  readonly decisions: DecisionStore | null;
  /** What a channel proves. */
  readonly provesOf: (channel: string) => ProofKind | undefined;
  /** Stores the event `guard.decided` for the app's stream and webhooks. */
  readonly publishDenied: PublishDenied;
  /** The lists; null: there are none. */
  readonly lists?: GuardRule | null;
  /** The callee's opt-out; null: there are none. */
  readonly optOut?: GuardRule | null;
  /** The app's approval webhook, asked last; null: there is none. */
  readonly approval?: GuardRule | null;
  readonly observer: GuardObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface GuardModule {
  readonly guard: Guard;
  /** Stores what waits. */
  stop(): Promise<void>;
}

export function createGuard(options: GuardOptions): GuardModule {
  const { config, hmacKey, appCaps, counters: store, provesOf, observer, clock, random, logger } = options;
  const { lists = null, optOut = null, approval = null } = options;
  const rules = countedRules(config, createHashes(hmacKey).scope);
  const settlements = createSettlements({
    ...{ config, appCaps, rules, provesOf, store, clock, logger },
    onLost: observer.sumsLost,
  });
  const decisions = createDecisionWriter({
    ...{ store: options.decisions, clock, random, logger },
    onDropped: observer.decisionsDropped,
  });
  const guard = createJudge({
    ...{ config, settlements, decisions, observer, logger },
    before: [lists, optOut].filter((rule) => rule !== null),
    counters: createCounters({ config, appCaps, rules, store, onUnavailable: observer.countersUnavailable, clock }),
    after: [approval].filter((rule) => rule !== null),
    onDenied: createDenials(options.publishDenied, clock, logger),
  });
  return {
    guard,
    async stop() {
      await Promise.all([settlements.flush(), decisions.flush()]);
    },
  };
}
