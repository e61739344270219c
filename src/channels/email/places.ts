/** Places for messages at the mail servers: the first server that has one, with a short queue where none has. */
import type { Clock } from "../../shared/clock.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { MailServer } from "./mail-server.ts";

/** Starts that wait for a place; more would only time out. */
const maxWaiting = 1000;
const retryAfterMs = 5000;

/** Null: every server does. */
type Suits = ((server: MailServer) => boolean) | null;

interface Waiter {
  readonly suits: Suits;
  settle(server: MailServer | Refusal): void;
}

export function createPlaces(parts: {
  readonly servers: readonly MailServer[];
  readonly clock: Clock;
  readonly maxWaitMs: number;
}) {
  const { servers, clock, maxWaitMs } = parts;
  const waiting: Waiter[] = [];
  let cancelWake: (() => void) | null = null;
  let stopped = false;

  /** A server with a place that is now taken; else the time in ms until one may have one; null: all are down. */
  function take(suits: Suits): MailServer | number | null {
    let soonest: number | null = null;
    for (const server of suits === null ? servers : servers.filter(suits)) {
      const taken = server.take();
      if (taken === true) return server;
      if (taken !== null) soonest = Math.min(soonest ?? taken, taken);
    }
    return soonest;
  }

  /** In the order of arrival. One who needs a certain server holds up only those who need it too. */
  function wake(): void {
    cancelWake?.();
    cancelWake = null;
    let soonest = Number.POSITIVE_INFINITY;
    for (const waiter of [...waiting]) {
      const taken = take(waiter.suits);
      if (taken === null) waiter.settle(unavailable());
      else if (typeof taken !== "number") waiter.settle(taken);
      else {
        soonest = Math.min(soonest, taken);
        if (waiter.suits === null) break;
      }
    }
    wakeAfter(soonest);
  }

  function wakeAfter(delayMs: number): void {
    if (Number.isFinite(delayMs)) cancelWake = clock.after(delayMs, wake);
  }

  return {
    wake,

    /** Waits `limitMs` at most. @throws {Refusal} `channel_unavailable`, `capacity` */
    async reserve(suits: Suits, limitMs = maxWaitMs): Promise<MailServer> {
      if (stopped) throw unavailable();
      const isNext = waiting.every((waiter) => waiter.suits !== null);
      const taken = isNext ? take(suits) : Number.POSITIVE_INFINITY;
      if (taken === null) throw unavailable();
      if (typeof taken !== "number") return taken;
      if (limitMs <= 0 || waiting.length >= maxWaiting) throw full();
      return new Promise((resolve, reject) => {
        const waiter: Waiter = {
          suits,
          settle(result) {
            cancel();
            waiting.splice(waiting.indexOf(waiter), 1);
            if (result instanceof Refusal) reject(result);
            else resolve(result);
          },
        };
        const cancel = clock.after(limitMs, () => waiter.settle(full()));
        waiting.push(waiter);
        if (waiting.length === 1) wakeAfter(taken);
        else wake();
      });
    },

    stop(): void {
      stopped = true;
      cancelWake?.();
      for (const waiter of [...waiting]) waiter.settle(unavailable());
    },
  };
}

function unavailable(): Refusal {
  return new Refusal("channel_unavailable", "No mail server can be reached at the moment.", retryAfterMs);
}

function full(): Refusal {
  return new Refusal("capacity", "All connections to the mail servers are in use; try again later.", 1000);
}
