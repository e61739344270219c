/** One canary call: placed as any call of ours, listened for, and ended as soon as it was heard. */
import { setTimeout as pause } from "node:timers/promises";
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { ChannelSlot, Dialer } from "../../telephony/calls/ports.ts";
import type { CanaryEar } from "./listener.ts";

/** A call that looks altered may be an earlier one that comes late: the right one gets so long to come, too. */
const secondThoughtMs = 1000;
/** What is heard may come after the call has ended: over AMI over another connection, or at the next poll. */
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
  /** The caller as it arrived: one that is as sent, or else the first; null: nothing was heard. */
  readonly heard: string | null;
  readonly outcome: Outcome;
}

/**
 * @param isAsSent tells whether a caller that was heard is the one that was sent
 * @returns when the call is over for sure: no two calls are up at once
 */
export async function placeCanary(
  parts: { readonly dialer: Dialer; readonly ear: CanaryEar },
  call: CanaryCall,
  isAsSent: (heard: string) => boolean,
): Promise<CanaryEnd> {
  const { dialer, ear } = parts;
  let first: string | null = null;
  let exact: string | null = null;
  const over = new AbortController();
  const arrived = new Promise<void>((resolve) => {
    ear.onCaller((caller) => {
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
  ear.onCaller(() => undefined);
  return { heard: exact ?? first, outcome };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return pause(ms, undefined, { signal }).catch(() => undefined);
}
