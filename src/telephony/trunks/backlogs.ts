/**
 * How many calls wait for each Asterisk: those on their way to it and those that it has not replied to. It works requests off
 * one after the other, hang-ups among them, so a phone rings on for as long as that queue is. The limit of a second (overload.ts)
 * acts when seconds were late; by then thousands may wait (measured in docs/adr/0098).
 */
import type { Logger } from "pino";
import { type Clock, steadyClock } from "../../shared/clock.ts";
import { sipEngine } from "./engines.ts";

/** Longest wait that a full backlog means, by the most replies of a second (Little's law). */
const longestWaitMs = 250;
/** Of what an Asterisk has shown that it can do in a second, so much is still held true a second later. */
const keptShare = 0.9;
/** Room of an Asterisk that replied to few calls of late: a burst. */
const leastRoom = 50;
/** Beyond a full backlog, for apps that have few calls in it: one that asks all the time leaves the others theirs. */
const extraShare = 0.25;
const fewShare = 0.1;
/** What was not placed by then never will be (channel-slots.ts). */
const forgottenAfterMs = 3000;
const secondMs = 1000;
/** How often a full backlog is logged. */
const logEveryMs = 10_000;

/** One call's place in a backlog, until Asterisk has replied to it, or it is not to be placed any more. */
export interface BacklogPlace {
  /** Its originate is the next one that is sent. */
  placing(): void;
  /** It is not placed. */
  leave(): void;
}

/** The SIP engine has no queue between it and the network. */
const noPlace: BacklogPlace = { placing: () => undefined, leave: () => undefined };

export interface Backlogs {
  /** Whether a call of this app may wait too. */
  hasRoom(asterisk: string, app: string): boolean;
  /** A call is on its way to an Asterisk. */
  enter(asterisk: string, app: string): BacklogPlace;
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
        logger.warn(
          { asterisk, waiting },
          "Asterisk is behind with the calls that it has, and others are refused: give it more CPU, add another, or lower calls_per_second",
        ),
      );
      backlogs.set(asterisk, backlog);
    }
    return backlog;
  }
  return {
    hasRoom: (asterisk, app) => asterisk === sipEngine || of(asterisk).hasRoom(app),
    enter: (asterisk, app) => (asterisk === sipEngine ? noPlace : of(asterisk).enter(app)),
    originating: (asterisk) => of(asterisk).originating(),
  };
}

function createBacklog(clock: Clock, warn: (waiting: number) => void) {
  /** The oldest first. */
  const onTheirWay = new Map<BacklogPlace, { readonly app: string; readonly enteredMs: number }>();
  let unanswered = 0;
  /** Of both. An app that has none is not in it. */
  const byApp = new Map<string, number>();
  /** The app whose call is originated next; null: of none that is counted. */
  let nextApp: string | null = null;
  let loggedMs = Number.NEGATIVE_INFINITY;
  let second = { beganMs: clock.nowMs(), replies: 0 };
  let mostReplies = 0;

  function count(app: string, change: 1 | -1): void {
    const calls = (byApp.get(app) ?? 0) + change;
    if (calls > 0) byApp.set(app, calls);
    else byApp.delete(app);
  }

  function leave(place: BacklogPlace): string | null {
    const waiting = onTheirWay.get(place);
    if (waiting === undefined) return null;
    onTheirWay.delete(place);
    count(waiting.app, -1);
    return waiting.app;
  }

  function turn(nowMs: number): void {
    const passed = Math.floor((nowMs - second.beganMs) / secondMs);
    if (passed <= 0) return;
    mostReplies = Math.max(mostReplies * keptShare, second.replies) * keptShare ** (passed - 1);
    second = { beganMs: nowMs, replies: 0 };
  }

  function forgetOld(nowMs: number): void {
    for (const [place, { enteredMs }] of onTheirWay) {
      if (nowMs - enteredMs < forgottenAfterMs) return;
      leave(place);
    }
  }

  return {
    hasRoom(app: string): boolean {
      const nowMs = clock.nowMs();
      turn(nowMs);
      forgetOld(nowMs);
      const perSecond = Math.max(second.replies, mostReplies);
      const waiting = onTheirWay.size + unanswered;
      const room = Math.max(leastRoom, (perSecond * longestWaitMs) / secondMs);
      if (waiting < room) return true;
      if (waiting < room * (1 + extraShare) && (byApp.get(app) ?? 0) < room * fewShare) return true;
      if (nowMs - loggedMs >= logEveryMs) {
        loggedMs = nowMs;
        warn(waiting);
      }
      return false;
    },
    enter(app: string): BacklogPlace {
      const place = {
        placing() {
          nextApp = leave(place);
        },
        leave: () => void leave(place),
      };
      onTheirWay.set(place, { app, enteredMs: clock.nowMs() });
      count(app, 1);
      return place;
    },
    originating(): () => void {
      const app = nextApp;
      nextApp = null;
      unanswered += 1;
      if (app !== null) count(app, 1);
      return () => {
        unanswered -= 1;
        if (app !== null) count(app, -1);
        turn(clock.nowMs());
        second.replies += 1;
      };
    },
  };
}
