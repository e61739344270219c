/** Places the calls of a verification and stores their progress. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId } from "../../caller-ids/types.ts";
import { steadyClock } from "../../shared/clock.ts";
import type { Publish } from "../../shared/publish.ts";
import { mayStillRing } from "../../telephony/calls/attempt-result.ts";
import type { CallResult, Dialer } from "../../telephony/calls/ports.ts";
import type { ChannelSlot, ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { AfterUpdate, ChannelCore } from "../../verification/channel-port.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import { isTerminal } from "../../verification/machine.ts";
import type { DeliveryUpdate, ProgressWriter } from "../../verification/progress-writer.ts";
import { type Delivery, newestOf, type Verification } from "../../verification/types.ts";
import type { CallEvents } from "../calls/events.ts";
import { deliveredOf, evidenceOf, type PlacedCall } from "../calls/evidence.ts";
import { createHangUp } from "../calls/hang-up.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import type { MissedCallDetails } from "./offer.ts";
import { createSecondCalls, type SecondCall } from "./second-call.ts";

/** Between the first call and the second there is, besides the gap, some waiting for the store and for a slot. */
export const secondCallMarginMs = 5000;

export interface Calls {
  /**
   * Places the newest call of a verification on a slot, which the call owns from now on.
   * @param callerIds of the call, and of the one that follows where there is one
   */
  place(verification: Verification, callerIds: readonly CallerId[], slot: ChannelSlot): void;
  /** After this time a call without a reported end counts as lost; where another follows, until that is placed. */
  longestMs(calls: number): number;
  /** When a call should be over; unknown where another follows, until that begins. */
  expectedMs(calls: number): number;
  /** Hangs up the delivery's newest call, whichever gateway placed it. */
  stop(verification: Verification, delivery: Delivery): void;
  /** Lets calls end, and second calls follow; remaining ones are canceled after `graceMs`. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when all updates are stored. */
  settled(): Promise<void>;
}

export interface CallsParts {
  readonly core: ChannelCore;
  readonly slots: ChannelSlots;
  readonly dialer: Dialer;
  readonly hangUps: HangUps;
  readonly reputation: CallerIdReputation;
  /** `calls.second_call_gap_ms` */
  readonly gapMs: number;
  readonly publish: Publish<CallEvents>;
}

const noSecondCall = { event: "undelivered", reason: "interrupted" } as const;

export function createCalls({ core, slots, dialer, hangUps, reputation, gapMs, publish }: CallsParts): Calls {
  const { store, batchTimer, clock, logger } = core;
  /** Bounded by the dialer's calls and those whose last update waits for the store. */
  const live = new Set<ProgressWriter>();

  const secondCalls = createSecondCalls({
    ...{ gapMs, slots, clock, logger },
    marginMs: secondCallMarginMs,
    lease: ({ id, app, attempts }) =>
      store.run("missed_call", "next_call", { app, id }, [attempts, dialer.longestCallMs, dialer.remainingMs.calling]),
    place: (verification, callerId, slot) => place(verification, [callerId], slot),
    undelivered(verification, reason) {
      logger.info({ id: verification.id, reason }, "no second call");
      const progress = progressOf(verification, null);
      progress.write({ event: "undelivered", reason });
      void forgetWhenSettled(progress);
    },
    onSeen: core.seen,
  });

  /** Stores the progress of the newest call. @param second the call that follows if it is delivered */
  function progressOf(verification: Verification, second: SecondCall | null): ProgressWriter {
    const { id, attempts } = verification;
    const { parts } = newestOf(verification);
    const stop = () => dialer.cancel(attemptIdOf(id, attempts));
    const onWritten = ({ event }: DeliveryUpdate, { status, partsDelivered }: AfterUpdate) => {
      // It has ended, perhaps at another gateway: stop ringing.
      if (isTerminal(status)) stop();
      else if (event === "delivered" && partsDelivered < parts) second?.follow(verification);
    };
    // With the verification its callee's lock was lost: another call may begin.
    const progress = core.progressOf(verification, onWritten, stop);
    live.add(progress);
    return progress;
  }

  function forgetWhenSettled(progress: ProgressWriter): Promise<void> {
    return progress.settled().then(() => void live.delete(progress));
  }

  function endOf(result: CallResult, second: SecondCall | null, placed: PlacedCall): DeliveryUpdate {
    const ringsOn = mayStillRing(result);
    // If it may still ring, the second call must not be placed.
    const end = ringsOn && second ? noSecondCall : deliveredOf(result);
    return { ...end, result: evidenceOf(result, core.sealing, placed), mayStillRing: ringsOn };
  }

  function place(verification: Verification, [callerId, next]: readonly CallerId[], slot: ChannelSlot): void {
    if (!callerId) throw new Error("a call needs a caller ID");
    const { trunk } = slot;
    const { id, app, to, country, attempts } = verification;
    const second = next ? secondCalls.expect(next) : null;
    const { ringMs } = newestOf(verification).details as MissedCallDetails;
    const progress = progressOf(verification, second);
    const about = { app };

    reputation.placed(callerId);
    dialer.place(
      {
        ...{ callId: attemptIdOf(id, attempts), callee: to, callerId: callerId.number, range: callerId.range, slot },
        ...(ringMs !== undefined && { ringMs }),
      },
      {
        calling: () => progress.write({ event: "calling", reason: null }),
        ringing() {
          publish("call.ringing", { verification: id, country, trunk }, about);
          const remainingMs = second === null ? dialer.remainingMs.ringing : null;
          progress.write({ event: "ringing", reason: null, remainingMs });
        },
        ended(result) {
          // Where the app chose the code, its call says nothing of the caller ID: the app may have staged it.
          if (!verification.appCode) reputation.ended(callerId, result, { callee: to, app });
          publish("call.ended", { verification: id, country, trunk, result }, about);
          // Of a second call the delivery has the first one's result.
          const { result: before } = newestOf(verification);
          progress.write(endOf(result, second, { verificationId: id, callerId, slot, before }));
          void forgetWhenSettled(progress).then(() => second?.firstIsOver());
        },
      },
    );
  }

  const longestMs = (calls: number) => dialer.longestCallMs + (calls === 1 ? 0 : gapMs + secondCallMarginMs);

  return {
    place,
    longestMs,
    expectedMs: (calls) => (calls === 1 ? dialer.remainingMs.calling : longestMs(calls)),
    stop: createHangUp(dialer, hangUps),
    async drain(graceMs) {
      const { nowMs } = steadyClock(clock);
      const startedMs = nowMs();
      // First: a draining dialer accepts no more calls.
      await secondCalls.drain(graceMs);
      await dialer.drain(Math.max(0, graceMs - (nowMs() - startedMs)));
    },
    async settled() {
      batchTimer.flush();
      await Promise.all([reputation.settled(), ...[...live].map((progress) => progress.settled())]);
    },
  };
}
