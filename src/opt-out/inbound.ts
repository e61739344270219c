/** Opt-outs that come in by a text or a call. */
import type { Logger } from "pino";
import type { InboundTextReceiver } from "../channels/messages/inbound-text-port.ts";
import type { TrunkCall } from "../telephony/calls/inbound.ts";
import type { OptOutConfig } from "./config.ts";
import type { OptOuts } from "./service.ts";
import { createStopWords } from "./stop-words.ts";

/** Calls in progress; more are rejected as well, but not noted, which bounds the store's load. */
const mostCalls = 200;

/** A sender as the configuration has it, and the app that alone uses it; null: several may. */
export type AppOfSender = (channel: string, sender: string) => string | null;

/**
 * @returns takes what a person sent: a stop word opts its sender out. For the app to which the text's recipient belongs, where
 *   the scope permits that, else for all: a person cannot say which app it was
 */
export function receiveTexts(
  config: Pick<OptOutConfig, "scope" | "stop_words">,
  optOuts: Pick<OptOuts, "optOut">,
  appOf: AppOfSender,
): InboundTextReceiver {
  const isStop = createStopWords(config.stop_words);
  return async ({ channel, from, to, text }) => {
    if (!isStop(text)) return true;
    const app = config.scope === "all" || to === null ? null : appOf(channel, to);
    try {
      await optOuts.optOut(from, app, "text");
      return true;
    } catch {
      // The store is away: it shall come again.
      return false;
    }
  };
}

export interface InboundOptOuts {
  /** Hands calls to other numbers on. */
  receiver(next: (call: TrunkCall) => void): (call: TrunkCall) => void;
  /** Resolves when every call so far is noted. */
  settled(): Promise<void>;
}

/** Calls to the numbers of `opt_out.call_numbers`: only a caller ID that a trusted carrier asserts counts. */
export function receiveCalls(
  config: Pick<OptOutConfig, "scope" | "call_numbers">,
  optOuts: Pick<OptOuts, "optOut">,
  logger: Pick<Logger, "warn">,
): InboundOptOuts {
  const ours = new Map(config.call_numbers.map(({ number, app }) => [number, app ?? null]));
  const work = new Set<Promise<void>>();

  return {
    receiver(next) {
      return (call) => {
        const { trunk, trusted, caller, called } = call;
        if (called === null || !ours.has(called)) return next(call);
        if (!trusted || caller === null || work.size >= mostCalls) {
          logger.warn({ trunk, trusted }, "a call to an opt-out number proves no caller, or too many come at once");
          return;
        }
        const app = config.scope === "all" ? null : (ours.get(called) ?? null);
        const noted: Promise<void> = optOuts
          .optOut(caller, app, "call")
          .catch((error: unknown) => {
            const why = error instanceof Error ? error.name : "unknown";
            logger.warn({ trunk, why }, "an opt-out by a call could not be stored");
          })
          .finally(() => work.delete(noted));
        work.add(noted);
      };
    },
    async settled() {
      await Promise.all(work);
    },
  };
}
