/** What a try means: for the queue, for the log of tries, for the metrics. */
import { readStart } from "../events/json.ts";
import type { Random } from "../shared/random.ts";
import type { WebhookResult } from "./observer-port.ts";
import type { Claim, Settled } from "./queue-port.ts";
import { retryDelayMs } from "./retries.ts";
import { goneStatus, type Sent } from "./sender.ts";
import type { Try, WebhookEvent } from "./types.ts";

/** What names an event, without reading all of it; null where it is none. */
export function readHead(body: string): Pick<WebhookEvent, "id" | "type"> | null {
  return readStart(body) ?? readEnvelope(body);
}

/** The fields of an envelope that are needed beside its text; null where it is none. */
export function readEnvelope(body: string): WebhookEvent | null {
  try {
    const value = JSON.parse(body) as WebhookEvent;
    return typeof value.id === "string" && typeof value.type === "string" ? value : null;
  } catch {
    return null;
  }
}

/** The verification that an event is of; null: of none. */
export function verificationOf({ data }: { readonly data: object | null }): string | null {
  const { verification } = (data ?? {}) as { readonly verification?: unknown };
  return typeof verification === "string" ? verification : null;
}

/** @param delaysMs for tests: see retries.ts */
export function settle(
  { lane, token, tries }: Claim,
  event: Pick<WebhookEvent, "id" | "type">,
  sent: Sent,
  { random, delaysMs }: { readonly random: Random; readonly delaysMs?: readonly number[] },
): Settled {
  const entry = writeTry({ eventId: event.id, type: event.type, attempt: tries + 1, ...sent });
  if (sent.delivered) return { lane, token, outcome: "delivered", delayMs: 0, entry };
  const outcome = sent.status === goneStatus ? "give_up" : "retry";
  return { lane, token, outcome, delayMs: retryDelayMs(tries + 1, sent.retryAfterMs, random, delaysMs), entry };
}

export function resultOf({ delivered, error }: Sent): WebhookResult {
  if (delivered) return "delivered";
  if (error === null || error === "redirected") return "refused";
  return error === "forbidden_address" || error === "forbidden_url" ? "forbidden" : "unreachable";
}

/** As the log keeps it: a list, because a name in each of 500 entries is half of the memory. */
export function writeTry({ eventId, type, attempt, delivered, status, error, atMs, durationMs }: Try): string {
  return JSON.stringify([eventId, type, attempt, delivered ? 1 : 0, status, error, atMs, durationMs]);
}

export function readTry(entry: string): Try {
  const [eventId, type, attempt, delivered, status, error, atMs, durationMs] = JSON.parse(entry) as [
    ...[string, string, number, number, number | null, string | null, number, number],
  ];
  return { eventId, type, attempt, delivered: delivered === 1, status, error, atMs, durationMs };
}
