/** The calls of verifications: hands each to the dialer, and what becomes of it to the store and the reports. */
import type { Logger } from "pino";
import type { CallerId } from "../callerid/types.ts";
import type { Clock } from "../clock.ts";
import type { Report } from "../reports/events.ts";
import type { Dialer, Line } from "../telephony/dialer-port.ts";
import { type CallProgress, createCallProgress, type News } from "./call-progress.ts";
import { attemptIdOf } from "./ids.ts";
import { eventOf, isTerminal } from "./machine.ts";
import type { Seen, VerificationStore } from "./ports.ts";
import type { Verification } from "./types.ts";

export interface Calls {
  /** Places the newest call of a verification on a line, which is the call's from now on. */
  place(verification: Verification, callerId: CallerId, line: Line): void;
  /** Resolves when the store was told of everything. */
  settled(): Promise<void>;
}

/** @param options.onSeen is told how each change left the verification */
export function createCalls(options: {
  readonly dialer: Dialer;
  readonly store: VerificationStore;
  readonly clock: Clock;
  readonly report: Report;
  readonly logger: Logger;
  readonly onSeen: (seen: Seen) => void;
}): Calls {
  const { dialer, store, clock, report, logger, onSeen } = options;
  /** Bounded by the calls that the dialer keeps up, and those whose last news waits for the store. */
  const live = new Set<CallProgress>();

  return {
    place(verification, callerId, line) {
      const { trunk } = line;
      const { id, app, country, attempts: attempt } = verification;
      const attemptId = attemptIdOf(id, attempt);

      const write = async ({ event, reason }: News) => {
        const result = await store.change({ nowMs: clock.nowMs(), app, id, attempt, event, reason });
        if (result.kind === "not_found") return;
        onSeen(result);
        // Ended meanwhile, perhaps by another gateway: the phone need not ring any longer.
        if (isTerminal(result.verification.status)) dialer.cancel(attemptId);
      };
      const progress = createCallProgress({ write, clock, logger: logger.child({ id, attempt }) });
      live.add(progress);

      dialer.place(
        { attemptId, callee: verification.to, callerId: callerId.number, range: callerId.range, line },
        {
          calling: () => progress.tell({ event: "calling", reason: null }),
          ringing() {
            report({ type: "attempt_ringing", id, country, trunk });
            progress.tell({ event: "ringing", reason: null });
          },
          ended(result) {
            report({ type: "attempt_ended", id, country, trunk, result });
            logger.info(
              { id, attempt, country, trunk, outcome: result.outcome, alerted: result.alerted },
              "call ended",
            );
            progress.tell(eventOf(result));
            void progress.settled().then(() => live.delete(progress));
          },
        },
      );
    },

    async settled() {
      await Promise.all([...live].map((progress) => progress.settled()));
    },
  };
}
