/** Who measures webhooks: observability/webhook-metrics.ts. */
import type { DisabledReason } from "./types.ts";

/**
 * `delivered`; `refused`: an answer other than 2xx; `unreachable`: no answer; `forbidden`: an address that is not allowed;
 * `dead_letter`: given up, in addition to the result of its last try; `dropped`: lost, because too many waited.
 */
export const webhookResults = ["delivered", "refused", "unreachable", "forbidden", "dead_letter", "dropped"] as const;
export type WebhookResult = (typeof webhookResults)[number];

export interface WebhookObserver {
  result(result: WebhookResult, count: number): void;
  /** From the event's arrival in the queue to the receiver's answer. */
  delivered(delayMs: number): void;
  disabled(reason: DisabledReason): void;
}
