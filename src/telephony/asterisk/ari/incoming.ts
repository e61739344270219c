/**
 * Refuses the calls that come in, which are never answered.
 *
 * An incoming call is refused as busy. Measured on 22.10.1: `reason=busy` becomes 486 with Q.850;cause=17 (and so does
 * Hangup(17) in the dialplan); a plain DELETE becomes 603 with cause 16, `rejected` 403, `no_answer` 480, `congestion` 503.
 * 486 is the one that every phone and carrier takes for what it is: the caller hears the busy tone and pays nothing. 403,
 * 480 and 503 make carriers try another route or play an announcement; 603 with cause 16, "normal clearing", contradicts itself.
 */
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock.ts";
import type { InboundCall } from "../call-control.ts";
import type { Incoming } from "./events.ts";
import { hangUp } from "./requests.ts";
import type { AriSession } from "./transport.ts";

/** Hang-ups that may be in progress at once. Calls beyond end by the dialplan, or when the caller gives up. */
const maxIncoming = 1000;

export interface IncomingParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export class IncomingCalls {
  readonly #parts: IncomingParts;
  readonly #underWay = new Set<string>();
  #tell: (call: InboundCall) => void = () => undefined;

  constructor(parts: IncomingParts) {
    this.#parts = parts;
  }

  onInbound(receiver: (call: InboundCall) => void): void {
    this.#tell = receiver;
  }

  /** Ends a channel that came in; then tells of it, where the dialplan sent it as an incoming call. */
  async refuse(session: AriSession, channelId: string, incoming: Incoming | null): Promise<void> {
    if (this.#underWay.has(channelId)) return;
    const atMs = this.#parts.clock.nowMs();
    if (incoming === null) this.#parts.logger.warn("refusing a channel that the dialplan sent for no known reason");
    if (this.#underWay.size < maxIncoming) await this.#hangUp(session, channelId);
    else this.#parts.logger.warn("too many incoming calls at once: one is left to the dialplan");
    if (incoming === null) return;
    try {
      this.#tell({ ...incoming, atMs });
    } catch (error) {
      this.#parts.logger.error({ err: error }, "a receiver of incoming calls threw");
    }
  }

  async #hangUp(session: AriSession, channelId: string): Promise<void> {
    this.#underWay.add(channelId);
    try {
      await hangUp(session, channelId, "busy");
    } catch {
      this.#parts.logger.warn("hang-up of an incoming call failed");
    } finally {
      this.#underWay.delete(channelId);
    }
  }
}
