/** Endpoints, tries and dead letters in JSON. */
import { rfc3339 } from "../../verification/representation.ts";
import type { Page } from "../../webhooks/service.ts";
import type { DeadLetter, Endpoint, Try } from "../../webhooks/types.ts";
import type { WebhookAnswer } from "./schemas.ts";

export function webhookBody({ id, url, row }: Endpoint, nowMs: number): WebhookAnswer {
  const { previousUntilMs } = row;
  const overlaps = previousUntilMs !== null && previousUntilMs > nowMs;
  return {
    ...{ id, url: url.href, events: [...row.events], enabled: row.enabled, disabled_reason: row.disabledReason },
    previous_secret_until: overlaps ? rfc3339(previousUntilMs) : null,
    ...{ created_at: rfc3339(row.createdAtMs), updated_at: rfc3339(row.updatedAtMs) },
  };
}

export function deliveriesBody({ items, next }: Page<Try>) {
  const deliveries = items.map(({ eventId, type, attempt, delivered, status, error, atMs, durationMs }) => ({
    ...{ event: eventId, type, attempt, delivered, status, error, at: rfc3339(atMs), duration_ms: durationMs },
  }));
  return { deliveries, next };
}

export function deadLettersBody({ items, next }: Page<DeadLetter>) {
  const letters = items.map(({ eventId, type, verification, reason, tries, queuedAtMs, endedAtMs }) => ({
    ...{ event: eventId, type, verification, reason, attempts: tries },
    ...{ queued_at: rfc3339(queuedAtMs), ended_at: rfc3339(endedAtMs) },
  }));
  return { dead_letters: letters, next };
}
