/**
 * Number health as the composition root takes it: learns from events, answers lookups, and is asked by the guard before
 * contact.
 */
import type { Logger } from "pino";
import type { NumberHealthAction } from "../../apps/number-health-config.ts";
import type { EventSink } from "../../events/sink-port.ts";
import type { GuardRule } from "../../guard/rule.ts";
import type { Clock } from "../../shared/clock.ts";
import type { SubjectStore } from "../../subjects/store-port.ts";
import type { NumberHealthConfig } from "./config.ts";
import { createHealthHashes } from "./hashes.ts";
import { type Judgement, judge, viewOf } from "./judge.ts";
import type { TaughtChannel } from "./learn.ts";
import type { HealthObserver, HealthStore, NumberHealth } from "./ports.ts";
import { readReadings } from "./readings.ts";
import { healthRule } from "./rule.ts";
import { healthSink } from "./sink.ts";
import { healthSubjects } from "./subjects.ts";
import { createHealthWriter } from "./writer.ts";

export interface NumberHealthModule extends NumberHealth {
  /** Asked after lists and opt-outs. */
  readonly rule: GuardRule;
  /** For the relay. */
  readonly sink: EventSink;
  readonly subjects: SubjectStore;
  /** Stores what waits. Never rejects. */
  flush(): Promise<void>;
}

export function createNumberHealth(parts: {
  /** As it is now. */
  readonly config: () => NumberHealthConfig;
  /** `secrets.hmac_key` */
  readonly hmacKey: string;
  readonly store: HealthStore;
  /** What an app does with it. */
  readonly actionOf: (app: string) => NumberHealthAction;
  readonly channelOf: (name: string) => TaughtChannel | undefined;
  readonly observer: HealthObserver;
  readonly clock: Clock;
  readonly logger: Logger;
}): NumberHealthModule {
  const { config, store, channelOf, observer, clock, logger } = parts;
  const hashes = createHealthHashes(parts.hmacKey);
  const writer = createHealthWriter({ config, hashes, store, observer, clock, logger });

  /** Null: nothing is known, or the store does not answer: no verification waits for it. */
  async function look(to: string, app: string): Promise<Judgement | null> {
    const text = await store.read(hashes.number(to)).catch(() => "");
    return text === "" ? null : judge(readReadings(text), hashes.name(app), config(), clock.nowMs());
  }

  return {
    async of(to, app) {
      const judgement = await look(to, app);
      return judgement === null ? null : viewOf(judgement, clock.nowMs());
    },
    observe: writer.observe,
    rule: healthRule({ look, config, actionOf: parts.actionOf, channelOf, observer, clock }),
    sink: healthSink(channelOf, writer.observe),
    subjects: healthSubjects(hashes, store, writer.flush),
    flush: writer.flush,
  };
}
