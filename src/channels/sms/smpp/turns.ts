/** Time on the binds of a route: which bind has room, and when a message may be sent over it. */
import type { Logger } from "pino";
import type { Clock } from "../../../shared/clock.ts";
import type { BindLimits, MessageAdmission, TurnRequest } from "../admission-port.ts";
import type { NoSmsPlace } from "../route-port.ts";
import type { Bind } from "./bind.ts";
import type { SmppBindConfig } from "./config.ts";

/** A bind with what the route must know of it. */
export interface RouteBind {
  readonly bind: Pick<Bind, "busy" | "hold" | "letGo" | "submit">;
  readonly limits: BindLimits;
  readonly config: SmppBindConfig;
}

/** Reserved time for messages in a row on a bind, whose place is held. */
export interface Turn {
  readonly over: RouteBind;
  /** When the first may be sent (the clock's milliseconds). */
  readonly atMs: number;
  readonly messages: number;
}

/** An app's share of a busy bind. */
export type ShareOf = (app: string) => Pick<TurnRequest, "weight" | "shares">;

export interface Turns {
  /** @throws {Refusal} `store_unavailable` */
  take(candidates: readonly RouteBind[], app: string, messages: number): Promise<Turn | NoSmsPlace>;
  /** Ends a turn. @param unsent messages of it that were not sent: their time is returned */
  end(turn: Turn, unsent: number): void;
}

export function createTurns(options: {
  readonly admission: MessageAdmission;
  readonly shareOf: ShareOf;
  readonly maxQueueMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}): Turns {
  const { admission, shareOf, maxQueueMs, clock, logger } = options;
  return {
    async take(candidates, app, messages) {
      const busy = candidates.map(({ bind }) => bind.busy());
      const usable = candidates.filter((_, index) => busy[index] === null);
      if (usable.length === 0) return whyNone(busy.filter((one) => one !== null));
      const askedAtMs = clock.nowMs();
      const binds = usable.map(({ limits }) => limits);
      const turn = await admission.reserve({ binds, messages, maxWaitMs: maxQueueMs, app, ...shareOf(app) });
      if (turn.kind === "full") return { none: "throttled", retryAfterMs: turn.retryAfterMs };
      const over = usable[turn.bind];
      if (over === undefined) throw new Error("the store took a bind that was not offered");
      over.bind.hold();
      return { over, atMs: askedAtMs + turn.waitMs, messages };
    },
    end({ over, messages }, unsent) {
      over.bind.letGo();
      const left = Math.min(unsent, messages);
      if (left <= 0) return;
      admission.giveBack(over.limits, left).catch(() => {
        logger.warn({ bind: over.limits.name }, "time of unsent messages could not be returned: it passes unused");
      });
    },
  };
}

/** A throttled bind takes messages again soon; one that is down, nobody knows when. */
function whyNone(all: readonly NoSmsPlace[]): NoSmsPlace {
  const throttled = all.filter(({ none }) => none === "throttled");
  const counted = throttled.length > 0 ? throttled : all;
  return {
    none: throttled.length > 0 ? "throttled" : "provider_down",
    retryAfterMs: Math.min(...counted.map(({ retryAfterMs }) => retryAfterMs)),
  };
}
