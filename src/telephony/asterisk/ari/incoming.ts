/**
 * Rejects inbound calls; they are never answered.
 *
 * An inbound call is rejected as busy. Measured on 22.10.1: `reason=busy` becomes 486 with Q.850;cause=17 (and so does
 * Hangup(17) in the dialplan); a plain DELETE becomes 603 with cause 16, `rejected` 403, `no_answer` 480, `congestion` 503.
 * Every phone and carrier handles 486 correctly: the caller gets the busy tone and pays nothing. 403,
 * 480 and 503 make carriers try another route or play an announcement; 603 with cause 16, "normal clearing", contradicts itself.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock.ts";
import type { InboundCall } from "../../call-control/port.ts";
import type { Incoming } from "./events.ts";
import { hangUp } from "./requests.ts";
import type { AriSession } from "./transport.ts";

/** Hang-ups that may be in progress at once. Further calls are ended by the dialplan, or by the caller. */
const maxIncoming = 1000;

export interface IncomingParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export class IncomingCalls {
  readonly #parts: IncomingParts;
  readonly #underWay = new Set<string>();
  #report: (call: InboundCall) => void = () => undefined;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  onInbound(receiver: (call: InboundCall) => void): void {
    this.#report = receiver;
  }

  /** Ends an inbound channel; then reports it, where the dialplan sent it as an inbound call. */
  async refuse(session: AriSession, channelId: string, incoming: Incoming | null): Promise<void> {
    if (this.#underWay.has(channelId)) return;
    const atMs = this.#parts.clock.nowMs();
    if (incoming === null) this.#parts.logger.warn("rejecting a channel that the dialplan sent for an unknown reason");
    if (this.#underWay.size < maxIncoming) await this.#hangUp(session, channelId);
    else this.#parts.logger.warn("too many inbound calls at once: one is left to the dialplan");
    if (incoming === null) return;
    try {
      this.#report({ ...incoming, atMs });
    } catch (error) {
      this.#parts.logger.error({ err: error }, "inbound-call listener threw");
    }
  }

  async #hangUp(session: AriSession, channelId: string): Promise<void> {
    this.#underWay.add(channelId);
    try {
      await hangUp(session, channelId, "busy");
    } catch {
      this.#parts.logger.warn("hang-up of an inbound call failed");
    } finally {
      this.#underWay.delete(channelId);
    }
  }
}
