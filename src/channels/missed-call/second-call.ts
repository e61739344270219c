/**
 * The second call of a code of two (`calls: 2`), some time after the first was delivered. Its caller ID is only in the
 * memory of this gateway: if that dies, the store's deadline ends the verification as `interrupted`.
 */
import type { Logger } from "pino";
import type { CallerId } from "../../caller-ids/types.ts";
import { type Clock, stopwatch } from "../../shared/clock.ts";
import type { Outcome } from "../../telephony/calls/outcome.ts";
import type { ChannelSlot, ChannelSlots, NoChannelSlot, NoSlotReason } from "../../telephony/trunks/slots-port.ts";
import type { ScriptAnswer, Seen } from "../../verification/store-port.ts";
import type { Verification } from "../../verification/types.ts";

/** One pending second call. */
export interface SecondCall {
  /** The first call was delivered: this one follows after the gap. */
  follow(verification: Verification): void;
  /** The first call is over; without a call of `follow` before, this one is not placed. */
  firstIsOver(): void;
}

export interface SecondCalls {
  /** A first call begins. */
  expect(callerId: CallerId): SecondCall;
  /** Resolves when no second call is pending; after `graceMs` the remaining ones are dropped. */
  drain(graceMs: number): Promise<void>;
}

export interface SecondCallsOptions {
  readonly gapMs: number;
  /** Longest delay after the gap: later it is not placed, because it counts as lost by then. */
  readonly marginMs: number;
  readonly slots: ChannelSlots;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Stores it as the newest call. */
  readonly lease: (verification: Verification) => Promise<ScriptAnswer>;
  readonly place: (verification: Verification, callerId: CallerId, slot: ChannelSlot) => void;
  /** It will not be placed. */
  readonly undelivered: (verification: Verification, reason: Outcome) => void;
  readonly onSeen: (seen: Seen) => unknown;
}

/** Redis restarts within seconds. */
const againMs = 300;

/** The reason that an app sees where no slot is free for the second call, although one was for the first. */
const outcomeOfNoSlot: Readonly<Record<NoSlotReason, Outcome>> = {
  capacity: "congestion",
  app_limit: "congestion",
  braked: "congestion",
  telephony_unavailable: "trunk_down",
  no_route: "trunk_down",
};

export function createSecondCalls(options: SecondCallsOptions): SecondCalls {
  const { gapMs, marginMs, slots, clock, logger, lease, place, undelivered, onSeen } = options;
  const latestMs = gapMs + marginMs;
  /** The pending ones, each with the function that drops it while it waits. Bounded by the dialer's first calls. */
  const open = new Map<SecondCall, (() => void) | null>();
  let stopped = false;
  let drained: (() => void) | null = null;

  function close(second: SecondCall): void {
    open.delete(second);
    if (open.size === 0) drained?.();
  }

  /** Waits out a short outage of Redis, such as a failover. @throws where it is longer */
  async function takeLine(
    { to, app }: Verification,
    { range }: CallerId,
    passedMs: () => number,
  ): Promise<ChannelSlot | NoChannelSlot> {
    for (;;) {
      try {
        return await slots.reserveAnother(to, range, [], app);
      } catch (error) {
        if (passedMs() + againMs > latestMs) throw error;
        await new Promise<void>((resolve) => void clock.after(againMs, resolve));
      }
    }
  }

  async function call(verification: Verification, callerId: CallerId, passedMs: () => number): Promise<void> {
    if (passedMs() > latestMs) {
      logger.warn({ id: verification.id }, "second call skipped: deadline passed while the process was stalled");
      undelivered(verification, "interrupted");
      return;
    }
    const slot = await takeLine(verification, callerId, passedMs);
    if ("none" in slot) {
      undelivered(verification, outcomeOfNoSlot[slot.none]);
      return;
    }
    let placement: ScriptAnswer | null = null;
    try {
      placement = await lease(verification);
    } finally {
      if (placement?.kind !== "begun") void slots.release(slot);
    }
    if (placement.kind === "begun") place(placement.verification, callerId, slot);
    else if (placement.kind === "ended") onSeen(placement);
  }

  function wait(second: SecondCall, verification: Verification, callerId: CallerId): void {
    const passedMs = stopwatch(clock);
    const cancelTimer = clock.after(gapMs, () => {
      call(verification, callerId, passedMs)
        .catch(() => {
          logger.error({ id: verification.id }, "second call skipped: the store does not answer");
          undelivered(verification, "interrupted");
        })
        .finally(() => close(second));
    });
    open.set(second, () => {
      cancelTimer();
      undelivered(verification, "canceled");
      close(second);
    });
  }

  return {
    expect(callerId) {
      const second: SecondCall = {
        follow(verification) {
          if (stopped) undelivered(verification, "canceled");
          else wait(second, verification, callerId);
        },
        firstIsOver() {
          if (open.get(second) === null) close(second);
        },
      };
      open.set(second, null);
      return second;
    },
    async drain(graceMs) {
      if (open.size > 0) {
        await new Promise<void>((resolve) => {
          const stopGrace = clock.after(graceMs, resolve);
          drained = () => {
            stopGrace();
            resolve();
          };
        });
      }
      stopped = true;
      for (const giveUp of [...open.values()]) giveUp?.();
    },
  };
}
