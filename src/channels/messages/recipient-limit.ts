/**
 * Back-off for one recipient, where a provider limits what one recipient gets (WhatsApp's pairs, a device of APNs). It
 * says nothing of other recipients, so it must not slow them.
 */
import { type BackoffLimits, backoffMs } from "../../shared/backoff.ts";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import type { Random } from "../../shared/random.ts";

export interface RecipientLimit {
  /** How long this recipient must wait, in ms; 0: not at all. */
  waitMs(to: string): number;
  /** The provider refused a message to it. @param retryAfterMs as it said; null where it did not */
  hit(to: string, retryAfterMs: number | null): void;
}

/** The oldest is forgotten first; then the provider says it again. */
const maxRecipients = 10_000;

export function createRecipientLimit(clock: Clock, random: Random, limits: BackoffLimits): RecipientLimit {
  const { nowMs } = steadyClock(clock);
  const recipients = new LatestMap<string, { readonly hits: number; readonly untilMs: number }>(maxRecipients);
  return {
    waitMs: (to) => Math.max(0, (recipients.get(to)?.untilMs ?? Number.NEGATIVE_INFINITY) - nowMs()),
    hit(to, retryAfterMs) {
      const now = nowMs();
      const before = recipients.get(to);
      // Long over: it begins anew.
      const hits = before === undefined || now - before.untilMs > limits.longestMs ? 1 : before.hits + 1;
      recipients.set(to, { hits, untilMs: now + (retryAfterMs || backoffMs(hits, random, limits)) });
    },
  };
}
