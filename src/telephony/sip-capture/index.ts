/**
 * The SIP capture: hears from Asterisk (res_hep) what goes over the wire and tells it of a call that ended. Evidence, never a
 * dependency: a packet that is lost, late or forged in shape only makes an outcome coarser.
 */

import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { SipCaptureConfig } from "./config.ts";
import type { Evidence } from "./evidence.ts";
import { Receiver } from "./receiver.ts";
import { WireCalls } from "./wire-calls.ts";

export type { Evidence } from "./evidence.ts";

/** What the dialer asks. */
export interface SipCapture {
  /** Longest that `settle` takes, in milliseconds. */
  readonly waitMs: number;
  /**
   * What the wire says of a call that ended: as soon as its INVITE is over, else what is known after `waitMs`. Then the
   * call is forgotten. Null: nothing was seen of it. Never rejects.
   * @param callId Call-ID of its INVITE
   */
  settle(callId: string): Promise<Evidence | null>;
}

export interface RunningSipCapture extends SipCapture {
  /** Listens; resolves after the first try, whether it worked or not, and keeps trying. */
  start(): Promise<void>;
  stop(): void;
}

/**
 * Asterisk's event of the end may overtake the packets that tell of the call, by a few milliseconds (both are local). After
 * this time a call of which nothing was seen is one that this capture is not told of: another gateway's Asterisk has no capture.
 */
const unseenWaitMs = 100;
/** Longer than a call of ours can take: 60 s set-up and 30 s ring at most. Those of others on a PBX are forgotten by it. */
const maxAgeMs = 180_000;

export function createSipCapture(parts: {
  readonly config: SipCaptureConfig;
  readonly clock: Clock;
  readonly logger: Logger;
}): RunningSipCapture {
  const { config, clock } = parts;
  const logger = parts.logger.child({ part: "sip-capture" });
  /** By Call-ID: calls that ended and whose INVITE is not over yet. Bounded by the calls that the dialer keeps up. */
  const waiting = new Map<string, () => void>();
  let heard = false;
  let silenceTold = false;

  const calls = new WireCalls({
    maxCalls: config.max_calls,
    maxAgeMs,
    nowMs: () => clock.nowMs(),
    password: config.password === undefined ? null : Buffer.from(config.password),
    onOver: (callId) => waiting.get(callId)?.(),
  });
  const receiver = new Receiver({
    config,
    clock,
    logger,
    onDatagram(datagram) {
      heard = calls.add(datagram) || heard;
    },
  });

  function take(callId: string): Evidence | null {
    const evidence = calls.find(callId);
    calls.forget(callId);
    if (evidence === null && !heard && !silenceTold) {
      silenceTold = true;
      logger.warn("SIP capture has heard nothing of a call: does Asterisk's hep.conf send to it?");
    }
    return evidence;
  }

  return {
    waitMs: config.wait_ms,
    start: () => receiver.start(),
    stop() {
      receiver.stop();
      for (const done of [...waiting.values()]) done();
    },
    settle(callId) {
      if (calls.find(callId)?.over === true || !receiver.listening) return Promise.resolve(take(callId));
      return new Promise((resolve) => {
        const done = () => {
          stopTimer();
          waiting.delete(callId);
          resolve(take(callId));
        };
        const firstMs = Math.min(unseenWaitMs, config.wait_ms);
        let stopTimer = clock.after(firstMs, () => {
          if (calls.find(callId) === null) done();
          else stopTimer = clock.after(config.wait_ms - firstMs, done);
        });
        waiting.set(callId, done);
      });
    },
  };
}
