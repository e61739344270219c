/** A world of verifications whose public events are relayed to a sink that writes them down. */
import { pino } from "pino";
import type { PublicEvent } from "../../../src/events/envelope.ts";
import { createEvents, type Events } from "../../../src/events/index.ts";
import type { RelayCounts } from "../../../src/events/relay.ts";
import type { EventSink, StoredEvent } from "../../../src/events/sink-port.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import type { World } from "../verification/world.ts";

export interface Told {
  readonly events: Events;
  /** What the sink got, in order. */
  readonly stored: StoredEvent[];
  readonly counted: Record<string, number>;
  /** Relays what waits. @returns the events of one verification, or all */
  drain(id?: string): Promise<readonly PublicEvent[]>;
}

export interface TellOptions {
  /** In place of the one that writes down. */
  readonly sink?: EventSink;
  /** Of the cursor `records`; the world's store must know of it. */
  readonly records?: EventSink;
}

export function tell(world: World, { sink, records }: TellOptions = {}): Told {
  const stored: StoredEvent[] = [];
  const counted: Record<string, number> = {};
  const add = (what: string, by: number) => {
    counted[what] = (counted[what] ?? 0) + by;
  };
  const counts: RelayCounts = {
    relayed: (cursor, events) => add(`relayed ${cursor}`, events),
    lost: (cursor, entries) => add(`lost ${cursor}`, entries),
    unreadable: (cursor) => add(`unreadable ${cursor}`, 1),
    failed: (cursor, name) => add(`failed ${cursor} ${name}`, 1),
  };
  const writesDown: EventSink = { name: "test", append: async (batch) => void stored.push(...batch) };
  const events = createEvents({
    outboxes: world.store.outboxes,
    streams: world.store.streams,
    history: world.verificationStore,
    channels: world.verifications.channels.all,
    live: [sink ?? writesDown],
    records: records === undefined ? [] : [records],
    counts,
    clock: systemClock,
    logger: pino({ level: "silent" }),
  });
  return {
    ...{ events, stored, counted },
    async drain(id) {
      await events.drain();
      return stored.map(({ event }) => event).filter(({ data }) => id === undefined || of(data) === id);
    },
  };
}

const of = (data: object) => ("verification" in data ? data.verification : null);

/** One line for each event: what changed. */
export function inShort({ type, seq, data }: PublicEvent): string {
  const { number, state, status, reason, outcome, call } = data as Readonly<Record<string, unknown>>;
  const parts: Partial<Record<PublicEvent["type"], readonly unknown[]>> = {
    "verification.started": [status, state],
    "delivery.updated": [number, state, reason, status],
    "call.ended": [number, call, outcome],
    "verification.ended": [status, reason],
    "trunk.updated": [state],
  };
  return [seq, type, ...(parts[type] ?? []).map((part) => part ?? "–")].join(" ");
}
