/** The guard as the composition root takes it: one decision before anything costs money. */

import type { Logger } from "pino";
import type { AppCapsConfig } from "../apps/caps-config.ts";
import type { AuditWriter } from "../audit/writer.ts";
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
import { createLists } from "./lists/index.ts";
import type { ListMirror, ListStore } from "./lists/ports.ts";
import { listRules } from "./lists/rules.ts";
import type { ListService } from "./lists/service.ts";
import type { GuardObserver } from "./observer-port.ts";
import type { GuardRule } from "./rule.ts";
import { countedRules } from "./rules/index.ts";
import { createSettlements } from "./settlements.ts";

export interface GuardOptions {
  /** As it is now. */
  readonly config: () => GuardConfig;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  /** Caps of an app; null: it has none. */
  readonly appCaps: (app: string) => AppCapsConfig | null;
  readonly counters: GuardCounters;
  /** Null: nothing is recorded, and lists stand in the configuration alone. */
  readonly records: { readonly lists: ListStore; readonly decisions: DecisionStore } | null;
  /** The lists as all gateways read them. */
  readonly mirror: ListMirror;
  readonly audit: AuditWriter;
  /** What a channel proves. */
  readonly provesOf: (channel: string) => ProofKind | undefined;
  /** Stores the event `guard.decided` for the app's stream and webhooks. */
  readonly publishDenied: PublishDenied;
  /** The callee's opt-out; null: there are none. */
  readonly optOut?: GuardRule | null;
  /** What deliveries taught about the number; null: nothing is learned. */
  readonly health?: GuardRule | null;
  /** The app's approval webhook, asked last; null: there is none. */
  readonly approval?: GuardRule | null;
  readonly observer: GuardObserver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface GuardModule {
  readonly guard: Guard;
  /** Null: entries stand in the configuration alone. */
  readonly lists: ListService | null;
  /** What was decided; null: nothing is recorded. */
  readonly decisions: Pick<DecisionStore, "read"> | null;
  /** Names of rules that apps do not see, and what they see instead. */
  readonly hidden: ReadonlyMap<string, string>;
  /** Reads what all gateways share. Never rejects. */
  load(): Promise<void>;
  start(): void;
  /** Stores what waits. */
  stop(): Promise<void>;
}

export function createGuard(options: GuardOptions): GuardModule {
  const { hmacKey, appCaps, counters: store, provesOf, observer, clock, random, logger } = options;
  const { records, optOut = null, health = null, approval = null } = options;
  const hash = createHashes(hmacKey).scope;
  const lists = createLists({
    ...{ hash, mirror: options.mirror, audit: options.audit, clock, random, logger },
    store: records?.lists ?? null,
  });
  const decisions = createDecisionWriter({
    ...{ store: records?.decisions ?? null, clock, random, logger },
    onDropped: observer.decisionsDropped,
  });
  const onDenied = createDenials(options.publishDenied, clock, logger);

  function build(config: GuardConfig) {
    const rules = countedRules(config, hash);
    lists.configure(config);
    const settlements = createSettlements({
      ...{ config, appCaps, rules, provesOf, store, clock, logger },
      onLost: observer.sumsLost,
    });
    const judge = createJudge({
      ...{ config, settlements, decisions, observer, onDenied, logger },
      before: [...listRules(lists, config.answers.lists), ...[optOut, health].filter((rule) => rule !== null)],
      counters: createCounters({ config, appCaps, rules, store, onUnavailable: observer.countersUnavailable, clock }),
      after: [approval].filter((rule) => rule !== null),
    });
    return { config, judge, settlements };
  }

  let built = build(options.config());
  /** As the configuration is now: it may have been loaded again. */
  function current() {
    const config = options.config();
    if (config === built.config) return built;
    void built.settlements.flush();
    built = build(config);
    return built;
  }

  return {
    guard: {
      decide: (ask) => current().judge.decide(ask),
      notBegun: (ask, counted) => current().judge.notBegun(ask, counted),
      ended: (verification) => current().judge.ended(verification),
    },
    lists: lists.service,
    decisions: records?.decisions ?? null,
    hidden: hiddenNames([...listRules(lists, "deny"), optOut, approval]),
    load: lists.load,
    start: lists.start,
    async stop() {
      lists.stop();
      await Promise.all([built.settlements.flush(), decisions.flush()]);
    },
  };
}

/** Rules whose name would tell an app something of the recipient, and what it sees instead. */
function hiddenNames(rules: readonly (GuardRule | null)[]): ReadonlyMap<string, string> {
  return new Map(
    rules.flatMap((rule) => (rule?.publicName === undefined ? [] : [[rule.name, rule.publicName] as const])),
  );
}
