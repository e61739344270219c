/**
 * How many calls wait for each Asterisk: those on their way to it and those that it has not replied to. It works requests off
 * one after the other, hang-ups among them, so a phone rings on for as long as that queue is. The limit of a second (overload.ts)
 * acts when seconds were late; by then thousands may wait (measured in docs/adr/0098).
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";

/** Longest wait that a full backlog means, by the replies of the last second (Little's law). */
const longestWaitMs = 250;
/** Room of an Asterisk that replied to few calls so far: a burst after a quiet second. */
const leastRoom = 50;
/** What was not placed by then never will be (channel-slots.ts). */
const forgottenAfterMs = 3000;
const secondMs = 1000;
/** How often a full backlog is logged. */
const logEveryMs = 10_000;

/** One call's place in a backlog, until it is originated, or is not to be placed any more. */
export interface BacklogPlace {
  leave(): void;
}

export interface Backlogs {
  hasRoom(asterisk: string): boolean;
  /** A call is on its way to an Asterisk. */
  enter(asterisk: string): BacklogPlace;
  /** An originate was sent. @returns to be called with the reply, whatever it is */
  originating(asterisk: string): () => void;
}

export function createBacklogs(parts: { readonly clock: Clock; readonly logger: Pick<Logger, "warn"> }): Backlogs {
  const { logger } = parts;
  const clock = steadyClock(parts.clock);
  const backlogs = new Map<string, ReturnType<typeof createBacklog>>();
  function of(asterisk: string) {
    let backlog = backlogs.get(asterisk);
    if (backlog === undefined) {
      backlog = createBacklog(clock, (waiting) =>
        logger.warn({ asterisk, waiting }, "Asterisk is behind with the calls that it has: others are refused"),
      );
      backlogs.set(asterisk, backlog);
    }
    return backlog;
  }
  return {
    hasRoom: (asterisk) => of(asterisk).hasRoom(),
    enter: (asterisk) => of(asterisk).enter(),
    originating: (asterisk) => of(asterisk).originating(),
  };
}

function createBacklog(clock: Clock, warn: (waiting: number) => void) {
  /** With the time at which each entered, the oldest first. */
  const onTheirWay = new Map<BacklogPlace, number>();
  let unanswered = 0;
  let loggedMs = Number.NEGATIVE_INFINITY;
  let second = { beganMs: clock.nowMs(), replies: 0, repliesBefore: 0 };

  function turn(nowMs: number): void {
    const passed = Math.floor((nowMs - second.beganMs) / secondMs);
    if (passed <= 0) return;
    second = { beganMs: nowMs, replies: 0, repliesBefore: passed === 1 ? second.replies : 0 };
  }

  function forgetOld(nowMs: number): void {
    for (const [place, enteredMs] of onTheirWay) {
      if (nowMs - enteredMs < forgottenAfterMs) return;
      onTheirWay.delete(place);
    }
  }

  return {
    hasRoom(): boolean {
      const nowMs = clock.nowMs();
      turn(nowMs);
      forgetOld(nowMs);
      const perSecond = Math.max(second.replies, second.repliesBefore);
      const waiting = onTheirWay.size + unanswered;
      if (waiting < Math.max(leastRoom, (perSecond * longestWaitMs) / secondMs)) return true;
      if (nowMs - loggedMs >= logEveryMs) {
        loggedMs = nowMs;
        warn(waiting);
      }
      return false;
    },
    enter(): BacklogPlace {
      const place = { leave: () => void onTheirWay.delete(place) };
      onTheirWay.set(place, clock.nowMs());
      return place;
    },
    originating(): () => void {
      unanswered += 1;
      return () => {
        unanswered -= 1;
        turn(clock.nowMs());
        second.replies += 1;
      };
    },
  };
}
