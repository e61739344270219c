/** What providers that are reached over HTTP have in common: no answer, and a gate that is closed. */
import { OutgoingHttpError } from "../../outgoing-http/failure.ts";
import type { GateEntry, GateResult } from "../../outgoing-http/gate.ts";
import type { Clock } from "../../shared/clock.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { MessageFailure } from "./provider-port.ts";

/** What a request without an answer means, for the message and for the provider's gate. */
export function withoutAnswer(error: unknown): { readonly reason: MessageFailure; readonly gate: GateResult } {
  const down: GateResult = { kind: "down", retryAfterMs: null };
  if (!(error instanceof OutgoingHttpError)) return { reason: "unknown_result", gate: down };
  switch (error.kind) {
    case "busy":
      return { reason: "throttled", gate: { kind: "throttled", retryAfterMs: 1000 } };
    // A server that takes messages does not redirect: the configured address is wrong.
    case "redirected":
    case "forbidden_url":
    case "forbidden_address":
      return { reason: "rejected", gate: { kind: "denied", detail: error.message } };
    default:
      return { reason: error.sent ? "unknown_result" : "provider_down", gate: down };
  }
}

/** The refusal of a reservation, where the provider cannot be asked now. */
export function closedGate({ why, retryAfterMs }: Extract<GateEntry, { open: false }>): Refusal {
  return why === "throttled"
    ? new Refusal("capacity", "The channel's rate limit is reached; try again later.", retryAfterMs)
    : new Refusal("channel_unavailable", "The channel cannot deliver at the moment.", retryAfterMs);
}

/** Requests in progress, so that a provider can end in order. */
export interface InProgress {
  /** Counts a request until it is settled. */
  track<T>(request: Promise<T>): Promise<T>;
  /** Resolves when all so far are settled, or after `graceMs`. */
  settle(graceMs: number): Promise<void>;
}

export function createInProgress(clock: Clock): InProgress {
  const running = new Set<Promise<unknown>>();
  return {
    track(request) {
      running.add(request);
      const forget = () => running.delete(request);
      request.then(forget, forget);
      return request;
    },
    async settle(graceMs) {
      let stopTimer = () => {};
      const late = new Promise<void>((resolve) => {
        stopTimer = clock.after(graceMs, resolve);
      });
      await Promise.race([Promise.allSettled(running), late]);
      stopTimer();
    },
  };
}
