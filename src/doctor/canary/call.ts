/** One test call: placed like any other call, and ended as soon as it has arrived. */
import { setTimeout as pause } from "node:timers/promises";
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { Dialer } from "../../telephony/calls/ports.ts";
import type { ChannelSlot } from "../../telephony/trunks/slots-port.ts";
import type { CanaryListener } from "./listener.ts";

/** A call that looks altered may be an earlier one that arrives late: the right one gets this long to arrive. */
const secondThoughtMs = 1000;
/** The arrival may be reported after the call has ended: AMI is another connection, and the sandbox is polled. */
const latecomerMs = 1500;

export interface CanaryCall {
  readonly callId: string;
  /** The test number, E.164. */
  readonly callee: string;
  /** E.164. */
  readonly callerId: string;
  readonly range: string;
  readonly slot: ChannelSlot;
  readonly waitMs: number;
}

export interface CanaryEnd {
  /** The received caller: one that equals the sent one, or else the first; null: no call arrived. */
  readonly received: string | null;
  readonly outcome: Outcome;
}

/**
 * @param isAsSent whether a received caller equals the sent one
 * @returns when the call is certainly over: no two calls are up at once
 */
export async function placeCanary(
  parts: { readonly dialer: Dialer; readonly listener: CanaryListener },
  call: CanaryCall,
  isAsSent: (received: string) => boolean,
): Promise<CanaryEnd> {
  const { dialer, listener } = parts;
  let first: string | null = null;
  let exact: string | null = null;
  const over = new AbortController();
  const arrived = new Promise<void>((resolve) => {
    listener.onCaller((caller) => {
      first ??= caller;
      if (isAsSent(caller)) {
        exact = caller;
        resolve();
      } else void sleep(secondThoughtMs, over.signal).then(resolve);
    });
  });
  const { callId, callee, callerId, range, slot } = call;
  const ended = new Promise<Outcome>((resolve) => {
    dialer.place(
      { callId, callee, callerId, range, slot },
      { calling: () => undefined, ringing: () => undefined, ended: ({ outcome }) => resolve(outcome) },
    );
  });
  const endedAndSilent = ended.then(() => sleep(latecomerMs, over.signal));
  await Promise.race([arrived, endedAndSilent, sleep(call.waitMs, over.signal)]);
  dialer.cancel(callId);
  const outcome = await ended;
  over.abort();
  listener.onCaller(() => undefined);
  return { received: exact ?? first, outcome };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal }).catch(() => undefined);
}
