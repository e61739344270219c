/**
 * What became of deliveries, off their way: those that were not begun, verifications that were verified, costs that became
 * known. Sums are written once a second; in between they are here, bounded.
 */

import type { Logger } from "pino";
import type { AppCapsConfig } from "../apps/caps-config.ts";
import type { Clock } from "../shared/clock.ts";
import type { GuardAsk, GuardCount } from "../verification/guard-port.ts";
import { isTerminal } from "../verification/machine.ts";
import { countryOf, type ProofKind, type Verification } from "../verification/types.ts";
import { capsOf, microsOf } from "./caps.ts";
import type { GuardConfig } from "./config.ts";
import type { CountedAsk, CountedRule } from "./counted-rule.ts";
import type { GuardCounters, Settlement } from "./counter-port.ts";

const flushMs = 1000;
/** Scopes and caps that wait; further ones are dropped and counted. */
const mostWaiting = 20_000;
/** Of one script. */
const mostAtOnce = 500;

export interface Settlements {
  notBegun(ask: GuardAsk, counted: GuardCount): void;
  ended(verification: Verification): void;
  /** Writes what waits. Never rejects. */
  flush(): Promise<void>;
}

interface Sum {
  readonly app: string;
  readonly cap?: Settlement["caps"][number];
  readonly scope?: Settlement["scopes"][number];
}

export function createSettlements(parts: {
  readonly config: GuardConfig;
  readonly appCaps: (app: string) => AppCapsConfig | null;
  readonly rules: readonly CountedRule[];
  readonly provesOf: (channel: string) => ProofKind | undefined;
  readonly store: Pick<GuardCounters, "settle">;
  /** So many sums were lost: the store was away, or too many waited. */
  readonly onLost: (sums: number) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}): Settlements {
  const { config, appCaps, rules, provesOf, store, onLost, clock, logger } = parts;
  let waiting = new Map<string, Sum>();
  let timer: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();

  function add(key: string, make: (known: Sum | undefined) => Sum): void {
    const known = waiting.get(key);
    if (known === undefined && waiting.size >= mostWaiting) {
      onLost(1);
      return;
    }
    waiting.set(key, make(known));
    timer ??= clock.after(flushMs, () => void flush());
  }

  function addScopes(app: string, ask: CountedAsk, deliveries: number, starts: number, verified: number): void {
    if (config.mode === "off") return;
    for (const rule of rules) {
      const suffix = rule.scope(ask)?.suffix;
      if (suffix === undefined) continue;
      add(`${app} ${suffix}`, (known) => ({
        app,
        scope: {
          suffix,
          deliveries: (known?.scope?.deliveries ?? 0) + deliveries,
          starts: (known?.scope?.starts ?? 0) + starts,
          verified: (known?.scope?.verified ?? 0) + verified,
        },
      }));
    }
  }

  function addCaps(app: string, country: string | null, atMs: number, deliveries: number, micros: number): void {
    if (deliveries === 0 && micros === 0) return;
    const day = Math.floor(atMs / 86_400_000);
    for (const cap of capsOf(config.caps, app, appCaps(app), country)) {
      add(`${app} cap ${cap.app ?? ""} ${cap.country ?? ""} ${day}`, (known) => ({
        app,
        cap: {
          ...{ app: cap.app, country: cap.country, atMs },
          deliveries: (known?.cap?.deliveries ?? 0) + deliveries,
          micros: (known?.cap?.micros ?? 0) + micros,
        },
      }));
    }
  }

  async function write(sums: readonly Sum[]): Promise<void> {
    for (const app of new Set(sums.map((sum) => sum.app))) {
      const own = sums.filter((sum) => sum.app === app);
      for (let at = 0; at < own.length; at += mostAtOnce) {
        const some = own.slice(at, at + mostAtOnce);
        const settlement = {
          app,
          caps: some.flatMap(({ cap }) => cap ?? []),
          scopes: some.flatMap(({ scope }) => scope ?? []),
        };
        await store.settle(settlement).catch(() => {
          onLost(some.length);
          logger.warn({ app, sums: some.length }, "what the guard learned could not be stored");
        });
      }
    }
  }

  function flush(): Promise<void> {
    timer?.();
    timer = null;
    const sums = [...waiting.values()];
    waiting = new Map();
    writing = writing.then(() => write(sums));
    return writing;
  }

  return {
    notBegun(ask, { costMicros, scopes }) {
      if (ask.test) return;
      addCaps(ask.app, ask.country, clock.nowMs(), -1, -costMicros);
      if (scopes) addScopes(ask.app, ask, -1, ask.mode === "new" && !ask.appCode ? -1 : 0, 0);
    },

    ended(verification) {
      const { app, status, appCode, client, deliveries } = verification;
      // Nothing was sent for a simulated one.
      if (!isTerminal(status) || verification.simulated !== null) return;
      for (const delivery of deliveries) {
        const { guardMicros, cost, startedAtMs, to: recipient } = delivery;
        // Where the cost is not known yet, or never, the estimate stays.
        if (guardMicros === null || cost === null) continue;
        addCaps(app, countryOf(verification, recipient), startedAtMs, 0, microsOf(cost) - guardMicros);
      }
      // What the start was not counted for must not count as verified.
      const first = deliveries.find(({ details }) => details !== null);
      const proves = first === undefined ? undefined : provesOf(first.channel);
      if (status !== "verified" || appCode || first === undefined || proves === undefined) return;
      if (first.guardDecision !== null && !warnings.has(first.guardDecision)) return;
      const { to } = first;
      addScopes(app, { to, country: countryOf(verification, to), proves, client }, 0, 0, 1);
    },

    flush,
  };
}

/** Rules that say something and count the delivery all the same. */
const warnings: ReadonlySet<string> = new Set(["ip_countries", "number_health"]);
