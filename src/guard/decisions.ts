/** Decisions of the guard as apps and operators read them, and their way to the records: in batches, off the way of deliveries. */
import type { Logger } from "pino";
import { calleePrefix } from "../numbers/callee-prefix.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import type { GuardAsk } from "../verification/guard-port.ts";
import type { Figure } from "./rule.ts";

/** `recorded`: a limit or threshold is reached and the mode is `record`, so the delivery began all the same. */
export const verdicts = ["allowed", "trusted", "warned", "recorded", "denied", "shadowed"] as const;
export type DecisionVerdict = (typeof verdicts)[number];

export interface DecisionRow {
  readonly id: string;
  readonly atMs: number;
  readonly app: string;
  readonly verification: string;
  readonly mode: GuardAsk["mode"];
  readonly channel: string;
  readonly country: string | null;
  /** The first digits of a number (numbers/callee-prefix.ts). */
  readonly prefix: string | null;
  /** How stores know the recipient: bucket and hash of `Hashes.callee`; null: erased. */
  readonly recipient: string | null;
  readonly verdict: DecisionVerdict;
  /** Null: none spoke. */
  readonly rule: string | null;
  readonly note: string | null;
  readonly figures: readonly Figure[];
}

export interface DecisionFilter {
  readonly app?: string;
  readonly verification?: string;
  /** One of these. */
  readonly rules?: readonly string[];
  readonly verdict?: DecisionVerdict;
  readonly fromMs?: number;
  readonly untilMs?: number;
}

export interface DecisionPage {
  /** Newest first. */
  readonly rows: readonly DecisionRow[];
  /** `after` of the next page; null: this is the last one. */
  readonly next: string | null;
}

/** Where decisions are kept (src/records/decisions.ts). Throws `Refusal("records_unavailable")`. */
export interface DecisionStore {
  append(rows: readonly DecisionRow[]): Promise<void>;
  read(filter: DecisionFilter, after: string | null, limit: number): Promise<DecisionPage>;
}

export interface DecisionWriter {
  note(ask: GuardAsk, about: Pick<DecisionRow, "verdict" | "rule" | "note" | "figures">): void;
  /** Writes what waits. Never rejects. */
  flush(): Promise<void>;
}

const flushMs = 1000;
const mostAtOnce = 500;
/** Decisions that wait; further ones are dropped and counted: an attack makes many, and says the same with each. */
const mostWaiting = 20_000;
/** While the records are away. */
const retryMs = 5000;

export function createDecisionWriter(parts: {
  /** Null: nothing is recorded (`records.url: off`). */
  readonly store: Pick<DecisionStore, "append"> | null;
  readonly onDropped: (decisions: number) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}): DecisionWriter {
  const { store, onDropped, clock, random, logger } = parts;
  const prefix = random.bytes(9).toString("base64url");
  let count = 0;
  let waiting: DecisionRow[] = [];
  let timer: (() => void) | null = null;
  let writing: Promise<void> | null = null;
  let failing = false;

  function schedule(ms: number): void {
    timer ??= clock.after(ms, () => void flush());
  }

  async function write(to: Pick<DecisionStore, "append">): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.slice(0, mostAtOnce);
      try {
        await to.append(some);
      } catch (error) {
        const why = error instanceof Error ? error.message : "unknown";
        if (!failing) logger.warn({ why }, "decisions of the guard wait: they cannot be recorded now");
        failing = true;
        schedule(retryMs);
        return;
      }
      failing = false;
      waiting = waiting.slice(some.length);
    }
  }

  async function flush(): Promise<void> {
    timer?.();
    timer = null;
    if (store === null) return;
    writing ??= write(store).finally(() => {
      writing = null;
    });
    await writing;
  }

  return {
    note({ verificationId, app, mode, channel, country, proves, to, callee }, about) {
      if (store === null) return;
      if (waiting.length >= mostWaiting) {
        onDropped(1);
        return;
      }
      waiting.push({
        ...{ id: `dec_${prefix}${(count++).toString(36)}`, atMs: clock.nowMs(), app, verification: verificationId },
        ...{ mode, channel, country, prefix: proves === "phone" ? calleePrefix(to) : null },
        recipient: callee.bucket + callee.hash,
        ...about,
      });
      schedule(flushMs);
    },
    flush,
  };
}
