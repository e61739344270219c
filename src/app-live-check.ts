/** The part of the composition root that makes live checks of numbers. */
import type { Logger } from "pino";
import type { AppDirectory } from "./apps/directory.ts";
import type { CallerIdReputation } from "./caller-ids/reputation.ts";
import type { CallerIdPool } from "./caller-ids/types.ts";
import { finalOf } from "./channels/calls/simulate.ts";
import type { Config } from "./config/schema.ts";
import { answerKindOf } from "./numbers/health/answers.ts";
import type { CallEvidence, NumberHealth } from "./numbers/health/ports.ts";
import { healthOverride } from "./numbers/health/rule.ts";
import type { LiveGuard, LiveObservation } from "./numbers/live-check/ports.ts";
import { createLiveCheck } from "./numbers/live-check/service.ts";
import type { LiveReading } from "./numbers/live-check/types.ts";
import type { LivePart } from "./numbers/lookup/ports.ts";
import type { Networks } from "./numbers/networks/ports.ts";
import type { LiveCheckMetrics } from "./observability/live-check-metrics.ts";
import type { Store } from "./redis/index.ts";
import type { Clock } from "./shared/clock.ts";
import type { Random } from "./shared/random.ts";
import { Refusal } from "./shared/refusal.ts";
import type { Telephony } from "./telephony/index.ts";
import { createLiveCaller } from "./telephony/live-check/caller.ts";
import { testReading } from "./telephony/live-check/reading.ts";
import { quietHours } from "./verification/bounds.ts";
import type { Guard, GuardAsk } from "./verification/guard-port.ts";
import { createHashes, type Hashes } from "./verification/hashes.ts";

/** As the guard's records, caps and decisions name it. */
const channel = "live_lookup";

export interface LiveChecks extends LivePart {
  /** Cancels what is in progress; resolves when its end is stored. */
  drain(): Promise<void>;
}

export function createLiveChecks(parts: {
  /** What is live of it is read at use. */
  readonly config: Config;
  readonly apps: AppDirectory;
  readonly store: Pick<Store, "liveChecks" | "outboxes">;
  readonly telephony: Telephony;
  readonly callerIds: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly guard: Guard;
  readonly networks: Pick<Networks, "known">;
  readonly health: Pick<NumberHealth, "observe">;
  readonly hmacKey: string;
  readonly metrics: LiveCheckMetrics;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): LiveChecks {
  const {
    config,
    apps,
    store,
    telephony,
    callerIds,
    reputation,
    guard,
    networks,
    health,
    hmacKey,
    metrics,
    clock,
    random,
    logger,
  } = parts;
  const hashes = createHashes(hmacKey);
  const service = createLiveCheck({
    config: () => config.live_check,
    store: store.liveChecks(() => config.verification.caller_id_cooldown_seconds * 1000),
    caller: createLiveCaller({
      ...{ slots: telephony.slots, dialer: telephony.dialer, pool: callerIds, reputation, rules: config.live_check },
      hash: hashes.callerId,
    }),
    guard: guardOf(guard, hashes, networks),
    calleeOf: hashes.callee,
    apps: () => apps.names(),
    quietForMs: (app, country) => quietHours(apps.profileOf(app), country, clock.nowMs()),
    testAnswer: (app, to) => testAnswer(apps, app, to, clock.nowMs()),
    onAnswer: ({ state, reason }, asked) => metrics.answered(state, reason, asked),
    observe(observation) {
      for (const { trunk, outcome } of observation.attempts) metrics.attempt(trunk, outcome);
      health.observe(evidenceOf(observation));
      const failed = (err: unknown) =>
        logger.warn({ err, check: observation.id }, "an event of a live check could not be stored");
      store.outboxes.publish("number.live_checked", eventOf(observation), observation.app).catch(failed);
    },
    ...{ clock, random },
  });
  return {
    check: ({ e164: to, country, app, callable, gone }) =>
      service.check({ app, to, country, callable, ranges: apps.profileOf(app).ranges, gone }),
    drain: service.drain,
  };
}

function guardOf(guard: Guard, hashes: Pick<Hashes, "callee">, networks: Pick<Networks, "known">): LiveGuard {
  return {
    async decide({ id, app, to, country, cost }) {
      const ask: GuardAsk = {
        ...{ app, verificationId: id, to, country, callee: hashes.callee(to), channel, planned: [channel], cost },
        network: networks.known(to),
        ...{ mode: "new", proves: "phone", contacts: true, reference: null, client: null, test: false },
        // It proves nothing, so the guard must not wait for it to be verified.
        appCode: true,
        // Whether a number that was not in use is now is what a check finds out.
        override: [healthOverride],
      };
      try {
        const decision = await guard.decide(ask);
        // A check has one channel: there is no other to begin with.
        if (decision.kind === "begin_with") return { kind: "deny", retryAfterMs: null };
        if (decision.kind !== "allow") return { kind: "deny", retryAfterMs: decision.refusal.retryAfterMs };
        const { counted } = decision;
        return {
          kind: "allow",
          notMade() {
            if (counted !== null) guard.notBegun(ask, counted);
          },
        };
      } catch (error) {
        return { kind: "deny", retryAfterMs: error instanceof Refusal ? error.retryAfterMs : null };
      }
    },
  };
}

function testAnswer(apps: Pick<AppDirectory, "profileOf">, app: string, to: string, nowMs: number): LiveReading | null {
  const number = apps.profileOf(app).testNumbers.find(to, null, nowMs);
  if (number === null) return null;
  const { outcome } = number;
  if (outcome === "capacity" || outcome === "channel_unavailable") {
    return { state: "unknown", reason: outcome === "capacity" ? "no_capacity" : "unavailable", evidence: null };
  }
  return testReading(finalOf(outcome));
}

/** What each trunk said of the number. A 183 that proves the phone ends the call like its alerting. */
function evidenceOf({ to, app, atMs, reading, attempts }: LiveObservation): CallEvidence {
  const falseAnswer = reading.evidence?.falseAnswer ?? false;
  const answers = attempts.flatMap(({ trunk: via, outcome }, index) => {
    const isFound = reading.state === "reachable" && index === attempts.length - 1;
    const kind = isFound ? "alive" : answerKindOf(outcome, falseAnswer);
    return kind === null ? [] : [{ via, kind }];
  });
  return { to, app, atMs, source: "live_check", answers };
}

function eventOf({ id, callee, country, reading, attempts, cost }: LiveObservation) {
  const { state, reason, evidence } = reading;
  return {
    ...{ check: id, callee: callee.bucket + callee.hash, country, state, reason, cost },
    ...{ trunk: attempts.at(-1)?.trunk ?? null, outcome: evidence?.outcome ?? null },
    ...{ alerted: evidence?.alerted ?? false, answered: evidence?.outcome === "answered" },
    ...{ sip_status: evidence?.sipStatus ?? null, q850: evidence?.q850 ?? null },
  };
}
