/** A guard on a real Redis whose time the test moves. */
import { pino } from "pino";
import type { AppCapsConfig } from "../../../src/apps/caps-config.ts";
import type { GuardConfig } from "../../../src/guard/config.ts";
import type { DecisionRow } from "../../../src/guard/decisions.ts";
import { createGuard } from "../../../src/guard/index.ts";
import type { ListEntry } from "../../../src/guard/lists/entry.ts";
import type { ListStore } from "../../../src/guard/lists/ports.ts";
import { noObserver } from "../../../src/guard/observer-port.ts";
import type { GuardRule } from "../../../src/guard/rule.ts";
import { createStore } from "../../../src/redis/index.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { GuardAsk, GuardDecision } from "../../../src/verification/guard-port.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { delivery, verification } from "../../support/cdrs.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { patientRedis } from "../../support/redis.ts";
import { testConfig } from "../../support/test-config.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const standard = testConfig().guard;
const hmacKey = "the key of these tests, of 32 characters and more";
export const hashes = createHashes(hmacKey);

export interface GuardWorldOptions {
  readonly redis: { readonly url: string };
  readonly config?: Partial<GuardConfig>;
  readonly caps?: Readonly<Record<string, AppCapsConfig>>;
  readonly rules?: { readonly optOut?: GuardRule; readonly health?: GuardRule; readonly approval?: GuardRule };
  readonly startMs?: number;
}

/** What is asked of the guard; without more a start of the app `shop`. */
export interface Ask {
  readonly app?: string;
  readonly to?: string;
  readonly country?: string | null;
  readonly ip?: string;
  readonly session?: string;
  readonly device?: string;
  readonly cost?: number;
  readonly mode?: GuardAsk["mode"];
  readonly channel?: "sms" | "email";
  readonly appCode?: boolean;
  readonly test?: boolean;
  /** Name and code. */
  readonly network?: readonly [name: string | null, mccMnc: string | null];
}

export function createGuardWorld({ redis, config, caps = {}, rules = {}, startMs }: GuardWorldOptions) {
  const clock = manualClock(startMs ?? Date.UTC(2026, 2, 10, 9, 0, 0));
  const logger = pino({ level: process.env.DEBUG_LOG ?? "silent" });
  const store = createStore({
    redis: patientRedis(redis.url),
    reputation: testConfig().caller_id_reputation,
    ...{ clock, testTime: true, logger },
  });
  let configured: GuardConfig = { ...standard, mode: "deny", ...config };
  const rows: DecisionRow[] = [];
  const entries = new Map<string, ListEntry>();
  const lists: ListStore = {
    all: async () => [...entries.values()],
    async add(entry) {
      entries.set(entry.id, entry);
      return true;
    },
    async remove(id) {
      const removed = entries.get(id) ?? null;
      entries.delete(id);
      return removed;
    },
    page: async () => ({ entries: [...entries.values()], next: null }),
  };
  const denials: (readonly [string, unknown])[] = [];
  const module = createGuard({
    config: () => configured,
    ...{ hmacKey, counters: store.guard, clock, random: cryptoRandom, logger, observer: noObserver, ...rules },
    appCaps: (app) => caps[app] ?? null,
    records: {
      lists,
      decisions: { append: async (some) => void rows.push(...some), read: async () => ({ rows, next: null }) },
    },
    mirror: store.guardLists,
    audit: { act: async (_act, run) => (await run()).result },
    provesOf: (channel) => (channel === "email" ? "email" : "phone"),
    publishDenied: async (denial, app) => void denials.push([app, denial]),
  });
  let count = 0;

  function askOf(given: Ask): GuardAsk {
    const { app = "shop", to = "+447911123456", channel = "sms", mode = "new", cost = null } = given;
    return {
      ...{ app, to, mode, channel, cost, verificationId: `v${count++}`, callee: hashes.callee(to) },
      country: given.country === undefined ? (channel === "email" ? null : "GB") : given.country,
      proves: channel === "email" ? "email" : "phone",
      client: hashes.client(app, given),
      ...{ appCode: given.appCode ?? false, test: given.test ?? false },
      ...{ contacts: true, planned: [channel], reference: null },
      ...(given.network !== undefined && {
        network: { name: given.network[0], mccMnc: given.network[1], source: "original", ported: null },
      }),
    };
  }

  return {
    ...{ clock, store, rows, denials, guard: module.guard, module, askOf },
    decide: (given: Ask = {}): Promise<GuardDecision> => module.guard.decide(askOf(given)),
    /** Its verification ended. */
    end(given: Ask, decided: GuardDecision, status: Verification["status"] = "verified", cost: number | null = null) {
      const { app, to, country, channel, client, appCode } = askOf(given);
      const micros = decided.kind === "allow" ? (decided.counted?.costMicros ?? null) : null;
      const one = delivery({
        ...{ channel, to, cost, guardDecision: decided.decision, guardMicros: micros || null },
        startedAtMs: clock.nowMs(),
      });
      module.guard.ended(verification({ app, to, country, status, client, appCode, deliveries: [one] }));
    },
    /** As a reload does. */
    configure(changed: Partial<GuardConfig>) {
      configured = { ...configured, ...changed };
    },
    /** Stores what the guard has in memory. */
    settle: () => module.stop(),
    close: () => store.close(),
  };
}

export type GuardWorld = ReturnType<typeof createGuardWorld>;
