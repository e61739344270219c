/**
 * Takes evidence off the way of deliveries, and writes it once a second. What waits is here, bounded; a gateway that is killed
 * loses a second of it, which later deliveries teach again.
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import type { NumberHealthConfig } from "./config.ts";
import type { HealthHashes } from "./hashes.ts";
import type { CallEvidence, Evidence, HealthObserver, HealthStore, TrunkCounts } from "./ports.ts";
import { letterOf, mergeReadings, writeReading } from "./readings.ts";
import { addCounts, creditOf, noCounts } from "./trunks.ts";

const flushMs = 1000;
/** Further ones are dropped and counted. */
const mostWaiting = 20_000;
/** Writes at once. */
const atOnce = 200;
const dayMs = 86_400_000;
/** At most one line in this time. */
const logEveryMs = 60_000;

export interface HealthWriter {
  observe(evidence: Evidence): void;
  /** Writes what waits. Never rejects. */
  flush(): Promise<void>;
}

export function createHealthWriter(parts: {
  readonly config: () => NumberHealthConfig;
  readonly hashes: HealthHashes;
  readonly store: Pick<HealthStore, "merge" | "count">;
  readonly observer: Pick<HealthObserver, "learned" | "disbelieved" | "lost">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}): HealthWriter {
  const { config, hashes, store, observer, clock, logger } = parts;
  const { nowMs } = steadyClock(clock);
  let waiting: Evidence[] = [];
  let timer: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();
  let loggedAtMs = Number.NEGATIVE_INFINITY;

  async function write(batch: readonly Evidence[]): Promise<void> {
    const now = config();
    const bucketSeconds = Math.max(1, now.confirm_after_minutes * 60);
    try {
      const counts = await store.count(countsOf(batch));
      const readings = new Map<string, string>();
      for (const evidence of batch) {
        const hash = hashes.number(evidence.to);
        const written = readingsOf(evidence, counts, now);
        if (written !== "") readings.set(hash, mergeReadings(readings.get(hash) ?? "", written, bucketSeconds));
      }
      const keepMs = now.kept_days * dayMs;
      await Promise.all([...readings].map(([hash, text]) => store.merge(hash, text, bucketSeconds, keepMs)));
    } catch {
      observer.lost(batch.length);
      if (nowMs() - loggedAtMs < logEveryMs) return;
      loggedAtMs = nowMs();
      logger.warn({ numbers: batch.length }, "what deliveries taught about numbers could not be stored");
    }
  }

  function countsOf(batch: readonly Evidence[]): ReadonlyMap<string, TrunkCounts> {
    const sums = new Map<string, TrunkCounts>();
    for (const evidence of batch) {
      if (!isCall(evidence)) continue;
      for (const [index, { via, kind }] of evidence.answers.entries()) {
        // A trunk that is asked after another one's 404 is asked about dead numbers only: that says nothing of the trunk.
        const first = index === 0 ? 1 : 0;
        const one = {
          answers: kind === "alive" ? 1 : first,
          unallocated: kind === "unallocated" ? first : 0,
          barred: kind === "barred" ? first : 0,
          early: kind === "answered_early" ? first : 0,
          wrong: kind === "unallocated" && isWrong(evidence, via) ? 1 : 0,
        };
        for (const field of [hashes.name(via), hashes.trunkAt(via, evidence.to)]) {
          sums.set(field, addCounts(sums.get(field) ?? noCounts, one));
        }
      }
    }
    return sums;
  }

  function readingsOf(evidence: Evidence, counts: ReadonlyMap<string, TrunkCounts>, now: NumberHealthConfig): string {
    const { to, app: appName, atMs } = evidence;
    const app = hashes.name(appName);
    if ("text" in evidence) {
      const what = `text_${evidence.text}` as const;
      observer.learned(what);
      return writeReading({
        kind: letterOf[what],
        proven: false,
        source: "message",
        via: hashes.name(evidence.via),
        app,
        atMs,
      });
    }
    return evidence.answers
      .map(({ via, kind }) => {
        const name = hashes.name(via);
        const inRange = counts.get(hashes.trunkAt(via, to)) ?? noCounts;
        const credit =
          kind === "alive" || kind === "switched_off"
            ? "unproven"
            : creditOf(kind, counts.get(name) ?? noCounts, inRange, now);
        if (credit === "disbelieved" || (kind === "unallocated" && isWrong(evidence, via))) {
          observer.disbelieved(kind);
          return "";
        }
        observer.learned(kind);
        const proven = credit === "proven";
        return writeReading({ kind: letterOf[kind], proven, source: evidence.source, via: name, app, atMs });
      })
      .join("");
  }

  function flush(): Promise<void> {
    timer?.();
    timer = null;
    const all = waiting;
    waiting = [];
    writing = writing.then(async () => {
      for (let at = 0; at < all.length; at += atOnce) await write(all.slice(at, at + atOnce));
    });
    return writing;
  }

  return {
    observe(evidence) {
      if (waiting.length >= mostWaiting) {
        observer.lost(1);
        return;
      }
      waiting.push(evidence);
      timer ??= clock.after(flushMs, () => void flush());
    },
    flush,
  };
}

function isCall(evidence: Evidence): evidence is CallEvidence {
  return "answers" in evidence && (evidence.source === "call" || evidence.source === "live_check");
}

/** Another trunk reached the phone in the same call. */
function isWrong({ answers }: CallEvidence, via: string): boolean {
  return answers.some((answer) => answer.via !== via && answer.kind === "alive");
}
