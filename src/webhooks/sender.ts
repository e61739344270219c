/** One try: a signed POST, and what its answer means. */

import { readEventId } from "../events/envelope.ts";
import { OutgoingHttpError } from "../outgoing-http/failure.ts";
import { type OutgoingHttp, retryAfterMsOf } from "../outgoing-http/request.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import type { Tracing } from "../shared/tracing.ts";
import { version } from "../shared/version.ts";
import { signingSecrets } from "./endpoints.ts";
import { signedHeaders } from "./signature.ts";
import type { Endpoint } from "./types.ts";

export interface Sent {
  readonly delivered: boolean;
  /** HTTP status; null: no answer. */
  readonly status: number | null;
  /** Why there was no answer that counts: see outgoing-http/failure.ts; null: there was. */
  readonly error: string | null;
  readonly atMs: number;
  readonly durationMs: number;
  /** When the receiver wants to be asked again, of a 429 or 503. */
  readonly retryAfterMs: number | null;
}

/** RFC 9110 §15.5.11: the receiver wants nothing more. */
export const goneStatus = 410;

export interface Sender {
  /** Never rejects. @param body the envelope, as it is signed and sent */
  send(endpoint: Endpoint, eventId: string, body: string): Promise<Sent>;
}

/** @param tracing null or left out: no traceparent is sent */
export function createSender(http: OutgoingHttp, clock: Clock, tracing: Tracing | null = null): Sender {
  const steady = steadyClock(clock);
  const sender = {
    async send(
      endpoint: Endpoint,
      eventId: string,
      body: string,
      context: { readonly traceparent?: string } = {},
    ): Promise<Sent> {
      const [atMs, startedMs] = [clock.nowMs(), steady.nowMs()];
      const { url } = endpoint;
      const headers = {
        ...context,
        "content-type": "application/json",
        "user-agent": `OneRing/${version}`,
        ...signedHeaders({ id: eventId, timestampMs: atMs, body }, signingSecrets(endpoint, atMs)),
      };
      const done = () => ({ atMs, durationMs: Math.round(steady.nowMs() - startedMs) });
      try {
        const { status, headers: found } = await http.request({ method: "POST", url, headers, body });
        const delivered = status >= 200 && status < 300;
        const retryAfterMs = status === 429 || status === 503 ? retryAfterMsOf(found, clock.nowMs()) : null;
        return { delivered, status, error: null, retryAfterMs, ...done() };
      } catch (error) {
        const [kind, status] = error instanceof OutgoingHttpError ? [error.kind, error.status] : ["unreachable", null];
        return { delivered: false, status, error: kind, retryAfterMs: null, ...done() };
      }
    },
  };
  return tracing === null ? sender : traced(sender.send, tracing);
}

/** The receiver's work continues the trace in which the verification was started. */
function traced(
  send: (...args: [...Parameters<Sender["send"]>, { readonly traceparent: string }]) => Promise<Sent>,
  tracing: Tracing,
): Sender {
  return {
    async send(endpoint, eventId, body) {
      const verification = readEventId(eventId)?.verification;
      const options = {
        kind: "client" as const,
        parent: verification === undefined ? null : await tracing.verifications.find(verification),
        attributes: {
          "onering.app": endpoint.app,
          "onering.webhook": endpoint.id,
          "onering.event": eventId,
          ...(verification !== undefined && { "onering.verification": verification }),
        },
      };
      return tracing.within("webhook delivery", options, async (span) => {
        const sent = await send(endpoint, eventId, body, { traceparent: span.traceparent });
        const { status, error, delivered } = sent;
        if (status !== null) span.set({ "http.response.status_code": status });
        if (!delivered) span.fail(error ?? String(status));
        return sent;
      });
    },
  };
}
