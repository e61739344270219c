/** Public events as the composition root sees them: what the store kept is handed to streams, webhooks and records. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { Tracing } from "../shared/tracing.ts";
import { createRepresentation, type ShownChannel } from "../verification/representation.ts";
import { createEventHistory, type HistoryStore } from "./history.ts";
import { createRelay, type Relay, type RelayCounts } from "./relay.ts";
import type { CursorStatus, OutboxStore } from "./relay-port.ts";
import type { EventSink } from "./sink-port.ts";
import type { EventHistory, EventStreams } from "./stream-port.ts";
import { createStreamSink, type StreamStore } from "./streams.ts";
import { tracedSink } from "./traced-sink.ts";
import { createWriteOut } from "./write-out.ts";

export interface EventsParts {
  readonly outboxes: OutboxStore;
  readonly streams: EventStreams & StreamStore;
  readonly history: HistoryStore;
  /** All of the gateway's. */
  readonly channels: readonly ShownChannel[];
  /** Further sinks in the same Redis, after the streams. */
  readonly live?: readonly EventSink[];
  /** Sinks of a database, which may be down for a while. The store must have been told of the cursor `records` where there is any. */
  readonly records?: readonly EventSink[];
  readonly counts: RelayCounts;
  readonly tracing?: Tracing | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Events extends Pick<Relay, "start" | "drain" | "stop"> {
  readonly streams: EventStreams;
  readonly history: EventHistory;
  /** What waits, over all gateways. @throws {Refusal} `store_unavailable` */
  status(): Promise<readonly CursorStatus[]>;
}

/**
 * Live streams show an event within this time of its change, and half of it is the usual delay of a webhook. A batch costs some
 * round trips whatever it holds: adr/0043.
 */
const liveBatchMs = 50;
const mostLive = 500;
/** A database writes many rows as fast as one, and nobody waits for them. */
const recordsBatchMs = 250;
const mostRecords = 1000;

export function createEvents(parts: EventsParts): Events {
  const {
    outboxes,
    streams,
    history,
    channels,
    live = [],
    records = [],
    counts,
    tracing = null,
    clock,
    logger,
  } = parts;
  const traced = (sinks: readonly EventSink[]) => sinks.map((sink) => tracedSink(sink, tracing));
  const writeOut = createWriteOut(createRepresentation(channels));
  const relay = createRelay({
    store: outboxes,
    cursors: [
      { name: "live", sinks: traced([createStreamSink(streams), ...live]), batchMs: liveBatchMs, most: mostLive },
      ...(records.length === 0
        ? []
        : [{ name: "records" as const, sinks: traced(records), batchMs: recordsBatchMs, most: mostRecords }]),
    ],
    ...{ writeOut, counts, clock, logger },
  });
  return {
    start: relay.start,
    drain: relay.drain,
    stop: relay.stop,
    streams,
    history: createEventHistory(history, writeOut),
    status: () => outboxes.status(),
  };
}
