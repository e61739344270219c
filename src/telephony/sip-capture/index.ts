/**
 * The SIP capture: receives copies of SIP messages from Asterisk (res_hep) and provides the evidence of a call that ended.
 * Calls never depend on it: a packet that is lost, late or malformed only makes an outcome less precise.
 */

import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { type Evidence, isChallenge } from "../../sip/evidence.ts";
import type { TracedCall } from "../call-control/trace.ts";
import type { SipCaptureConfig } from "./config.ts";
import { Receiver } from "./receiver.ts";
import { CaptureTraces } from "./traces.ts";
import { WireCalls } from "./wire-calls.ts";

export type { Evidence } from "../../sip/evidence.ts";

/** The dialer's port to the capture. */
export interface SipCapture {
  /**
   * The evidence of a call that ended: as soon as its INVITE is over, else what is known after `wait_ms`. Then the
   * call is forgotten. Null: none of its messages were seen. Never rejects.
   * @param callId Call-ID of its INVITE
   * @param call whose it was, for traces; left out: none
   */
  settle(callId: string, call?: TracedCall): Promise<Evidence | null>;
}

export interface RunningSipCapture extends SipCapture {
  /** Listens; resolves after the first try, whether it worked or not, and keeps trying. */
  start(): Promise<void>;
  stop(): void;
  /** Of the newest calls; null: none are kept. */
  readonly traces: Pick<CaptureTraces, "find"> | null;
}

/**
 * Asterisk's event of the end may overtake the packets of the call: by a few milliseconds (both are local), and by more than 100
 * where 32 calls ended at once on a busy machine. After this time a call without any message counts as one that this capture
 * does not receive (its Asterisk sends no copies), and a challenge (401, 407) that no other INVITE followed was the end.
 */
const overtakenMs = 250;
/** A call is known for so long at least; a PBX's own calls are forgotten after it. */
const leastAgeMs = 180_000;
/** Of the clocks, and of the wait for a call's slot. */
const ageMarginMs = 30_000;

export function createSipCapture(parts: {
  readonly config: SipCaptureConfig;
  /** Longest that one of our calls takes: its messages are kept until its end. */
  readonly longestCallMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}): RunningSipCapture {
  const { config, clock } = parts;
  const logger = parts.logger.child({ part: "sip-capture" });
  /** By Call-ID: calls that ended and whose INVITE is not over yet. Bounded by the dialer's calls. */
  const waiting = new Map<string, () => void>();
  let received = false;
  let warned = false;

  const password = config.password === undefined ? null : Buffer.from(config.password);
  const { trace_calls: maxTraces, max_calls: maxPending } = config;
  const traces = maxTraces === 0 ? null : new CaptureTraces({ maxTraces, maxPending, password });

  const calls = new WireCalls({
    maxCalls: config.max_calls,
    maxAgeMs: Math.max(leastAgeMs, parts.longestCallMs + ageMarginMs),
    nowMs: steadyClock(clock).nowMs,
    password,
    onOver: (callId) => waiting.get(callId)?.(),
  });
  const receiver = new Receiver({
    config,
    clock,
    logger,
    onDatagram(datagram) {
      received = calls.add(datagram) || received;
      traces?.see(datagram);
    },
  });

  function take(callId: string): Evidence | null {
    const evidence = calls.find(callId);
    calls.forget(callId);
    if (evidence === null && !received && !warned) {
      warned = true;
      logger.warn("SIP capture has received nothing: check `capture_address` in Asterisk's hep.conf");
    }
    return evidence;
  }

  return {
    traces,
    start: () => receiver.start(),
    stop() {
      receiver.stop();
      for (const done of [...waiting.values()]) done();
    },
    settle(callId, call) {
      // Before its last messages may have come: they are added all the same.
      if (call !== undefined) traces?.isOf(callId, call);
      if (calls.find(callId)?.over === true || !receiver.listening) return Promise.resolve(take(callId));
      return new Promise((resolve) => {
        const done = () => {
          stopTimer();
          waiting.delete(callId);
          resolve(take(callId));
        };
        const firstMs = Math.min(overtakenMs, config.wait_ms);
        let stopTimer = clock.after(firstMs, () => {
          const seen = calls.find(callId);
          if (seen === null || (seen.final !== null && isChallenge(seen.final.status))) done();
          else stopTimer = clock.after(config.wait_ms - firstMs, done);
        });
        waiting.set(callId, done);
      });
    },
  };
}
