/** The calls of verifications: hands each to the dialer, and what becomes of it to the store and the reports. */
import type { Logger } from "pino";
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId } from "../../caller-ids/types.ts";
import type { Report } from "../../events/events.ts";
import { LateLogger } from "../../observability/late-logger.ts";
import type { BatchTimer } from "../../shared/batch-timer.ts";
import type { Clock } from "../../shared/clock.ts";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { AttemptResult, ChannelSlot, ChannelSlots, Dialer } from "../../telephony/calls/ports.ts";
import { attemptIdOf } from "../../verification/ids.ts";
import { eventOf, isTerminal } from "../../verification/machine.ts";
import { createProgressWriter, type News, type ProgressWriter } from "../../verification/progress-writer.ts";
import type { Seen, VerificationStore } from "../../verification/store-port.ts";
import type { Verification } from "../../verification/types.ts";
import { lastCallOf } from "./last-call.ts";
import { createSecondCalls, type SecondCall } from "./second-call.ts";

/** From the end of the first call to the second there is, beside the gap, some waiting for the store and for a slot. */
export const secondCallMarginMs = 5000;

export interface Calls {
  /**
   * Places the newest call of a verification on a slot, which is the call's from now on.
   * @param callerIds of the call, and of the one that follows where there is one
   */
  place(verification: Verification, callerIds: readonly CallerId[], slot: ChannelSlot): void;
  /** A second call that is not placed so long after the end of the first is taken for lost. */
  readonly secondCallWithinMs: number;
  /** Lets calls end, and second calls follow; what is left after `graceMs` is canceled. */
  drain(graceMs: number): Promise<void>;
  /** Resolves when the store was told of everything. */
  settled(): Promise<void>;
}

const noSecondCall = { event: "undelivered", reason: "interrupted" } as const;

/** Its Asterisk died or stands still: the carrier may have its INVITE, or get it when Asterisk goes on. */
function endWasNotSeen({ endedBy, inviteOver }: AttemptResult): boolean {
  return endedBy === "nobody" && !inviteOver;
}

/** @param options.onSeen is told how each change left the verification */
export function createCalls(options: {
  readonly config: { readonly calls: Pick<CallsConfig, "second_call_gap_ms"> };
  readonly slots: ChannelSlots;
  readonly dialer: Dialer;
  readonly reputation: CallerIdReputation;
  readonly store: VerificationStore;
  /** When news of calls is written. */
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  readonly report: Report;
  readonly logger: Logger;
  readonly onSeen: (seen: Seen) => void;
}): Calls {
  const { dialer, reputation, store, batchTimer, clock, report, logger, onSeen } = options;
  const gapMs = options.config.calls.second_call_gap_ms;
  /** Bounded by the calls that the dialer keeps up, and those whose last news waits for the store. */
  const live = new Set<ProgressWriter>();

  const secondCalls = createSecondCalls({
    ...options,
    gapMs,
    marginMs: secondCallMarginMs,
    lease: ({ id, app, attempts: attempt }) =>
      store.nextCall({ nowMs: clock.nowMs(), app, id, attempt, longestCallMs: dialer.longestCallMs }),
    place: (verification, callerId, slot) => place(verification, [callerId], slot),
    undelivered(verification, reason) {
      logger.info({ id: verification.id, reason }, "no second call");
      const progress = progressOf(verification, null);
      progress.tell({ event: "undelivered", reason });
      forgetWhenSettled(progress);
    },
  });

  /** Writes what becomes of the newest call. @param second the call that follows where it is seen */
  function progressOf(verification: Verification, second: SecondCall | null): ProgressWriter {
    const { id, app, attempts: attempt, calls } = verification;
    const write = async (news: News) => {
      const result = await store.change({ nowMs: clock.nowMs(), app, id, attempt, ...news });
      if (result.kind === "not_found") return;
      if (result.kind === "seen") onSeen(result);
      const { status, callsDelivered } = result.kind === "seen" ? result.verification : result;
      // Ended meanwhile, perhaps by another gateway: the phone need not ring any longer.
      if (isTerminal(status)) dialer.cancel(attemptIdOf(id, attempt));
      else if (news.event === "delivered" && callsDelivered < calls) second?.follow(verification);
    };
    const progress = createProgressWriter({
      write,
      batchTimer,
      clock,
      logger: new LateLogger(() => logger.child({ id, attempt })),
    });
    live.add(progress);
    return progress;
  }

  function forgetWhenSettled(progress: ProgressWriter): Promise<void> {
    return progress.settled().then(() => void live.delete(progress));
  }

  function place(verification: Verification, [callerId, next]: readonly CallerId[], slot: ChannelSlot): void {
    if (!callerId) throw new Error("a call needs a caller ID");
    const { trunk } = slot;
    const { id, country, attempts: attempt } = verification;
    const second = next ? secondCalls.expect(next) : null;
    const progress = progressOf(verification, second);

    reputation.placed(callerId);
    dialer.place(
      {
        attemptId: attemptIdOf(id, attempt),
        callee: verification.to,
        callerId: callerId.number,
        range: callerId.range,
        slot,
      },
      {
        calling: () => progress.tell({ event: "calling", reason: null }),
        ringing() {
          report({ type: "attempt_ringing", id, country, trunk });
          progress.tell({ event: "ringing", reason: null });
        },
        ended(result) {
          reputation.ended(callerId, result);
          report({ type: "attempt_ended", id, country, trunk, result });
          const mayStillRing = endWasNotSeen(result);
          // Where it may still ring, the second call must not come.
          const news = mayStillRing && second ? noSecondCall : eventOf(result);
          progress.tell({ ...news, lastCall: lastCallOf(result), mayStillRing });
          void forgetWhenSettled(progress).then(() => second?.firstIsOver());
        },
      },
    );
  }

  return {
    place,
    secondCallWithinMs: gapMs + secondCallMarginMs,
    async drain(graceMs) {
      const startedMs = clock.nowMs();
      // First: a dialer that drains takes no more calls.
      await secondCalls.drain(graceMs);
      await dialer.drain(Math.max(0, graceMs - (clock.nowMs() - startedMs)));
    },
    async settled() {
      batchTimer.flush();
      await Promise.all([reputation.settled(), ...[...live].map((progress) => progress.settled())]);
    },
  };
}
