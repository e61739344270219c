/** One bus for everything that happens: metrics listen now, webhooks, records and live streams later. */
import type { Clock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Random } from "../shared/random.ts";

/** The common fields of all events. */
export interface Envelope<Type extends string, Data> {
  /** Unique; the same event has the same id at every listener. */
  readonly id: string;
  readonly type: Type;
  /** When it happened, RFC 3339. */
  readonly at: string;
  /** Counts the events of one verification from 1; null for an event of no verification, or of one of its calls. */
  readonly seq: number | null;
  /** Null where it belongs to no app. */
  readonly app: string | null;
  readonly data: Data;
}

/** Any event of a map from type to data. */
export type EventOf<Events> = { [Type in keyof Events & string]: Envelope<Type, Events[Type]> }[keyof Events & string];

export interface Bus<Events> {
  readonly publish: Publish<Events>;
  /** @param listener must return soon; an exception is logged, and the other listeners are still called */
  subscribe(listener: (event: EventOf<Events>) => void): () => void;
}

/** @param onError called with a listener's exception */
export function createBus<Events>(clock: Clock, random: Random, onError: (error: unknown) => void): Bus<Events> {
  const listeners = new Set<(event: EventOf<Events>) => void>();
  // A random prefix for the process and a count: unique, and cheap at thousands of events a second.
  const prefix = random.bytes(9).toString("base64url");
  let count = 0;
  const rfc3339 = createTimestamps();

  return {
    publish(...[type, data, context]) {
      if (listeners.size === 0) return;
      const about = { seq: context?.seq ?? null, app: context?.app ?? null };
      const id = `${prefix}${(count++).toString(36)}`;
      const event = { id, type, at: rfc3339(clock.nowMs()), ...about, data } as EventOf<Events>;
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Times in RFC 3339; of those within one second only the first is computed from the date. */
function createTimestamps(): (ms: number) => string {
  let second = Number.NaN;
  let start = "";
  return (ms) => {
    const rest = ms % 1000;
    if (ms - rest !== second) {
      second = ms - rest;
      start = new Date(second).toISOString().slice(0, -4);
    }
    return `${start}${String(rest).padStart(3, "0")}Z`;
  };
}
