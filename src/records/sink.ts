/**
 * Takes every public event into the table `events`, and hands the batch to the features that keep more of it, all in one
 * transaction. An event that comes again changes nothing.
 */
import { sql } from "kysely";
import type { EventSink, StoredEvent } from "../events/sink-port.ts";
import { type Clock, steadyClock } from "../shared/clock.ts";
import { createInserts } from "./inserts.ts";
import type { Records } from "./records.ts";
import type { EventsTable, RecordsTransaction } from "./tables.ts";

/** What else is kept of events, in the same transaction: call detail records, for instance. */
export interface SinkPart {
  /** In order per verification. Must be without effect for events that it had before. */
  write(transaction: RecordsTransaction, batch: readonly StoredEvent[]): Promise<void>;
}

export interface SinkMetrics {
  /** A transaction ended. @param rows events that were new; 0 where it failed */
  wrote(result: "written" | "unavailable" | "failed", rows: number, seconds: number): void;
}

/** Events of one transaction: bounds how long it holds SQLite's write lock. */
const maxTogether = 2000;

interface Waiting {
  readonly batch: readonly StoredEvent[];
  resolve(): void;
  reject(error: unknown): void;
}

/** @param parts in this order, after the events */
export function createRecordsSink(options: {
  readonly records: Pick<Records, "write">;
  readonly parts: readonly SinkPart[];
  readonly metrics: SinkMetrics;
  readonly clock: Clock;
}): EventSink {
  const { records, parts, metrics } = options;
  const clock = steadyClock(options.clock);
  const queue: Waiting[] = [];
  const events = createInserts<StoredEvent>({
    ...{ table: "events", columns: eventsColumns, values: ({ event }) => valuesOf(event) },
    tail: sql`on conflict do nothing`,
  });
  let writing = false;

  /** @returns how many events were new */
  async function writeOnce(batch: readonly StoredEvent[]): Promise<void> {
    const begunMs = clock.nowMs();
    const ended = (result: Parameters<SinkMetrics["wrote"]>[0], rows: number) =>
      metrics.wrote(result, rows, (clock.nowMs() - begunMs) / 1000);
    try {
      const rows = await records.write(async (transaction) => {
        const { count } = await events.run(transaction, batch);
        for (const part of parts) await part.write(transaction, batch);
        return count;
      });
      ended("written", rows);
    } catch (error) {
      ended((error as { code?: unknown }).code === "records_unavailable" ? "unavailable" : "failed", 0);
      throw error;
    }
  }

  /** Outboxes that wait at the same time share a transaction: each costs a write to the disk. */
  async function work(): Promise<void> {
    if (writing) return;
    writing = true;
    try {
      for (let group = takeGroup(queue); group.length > 0; group = takeGroup(queue)) {
        try {
          await writeOnce(group.flatMap(({ batch }) => batch));
          for (const { resolve } of group) resolve();
        } catch (error) {
          // One outbox's event that cannot be written must not hold up the others.
          if (group.length === 1 || (error as { code?: unknown }).code === "records_unavailable") {
            for (const { reject } of group) reject(error);
          } else {
            for (const { batch, resolve, reject } of group) await writeOnce(batch).then(resolve, reject);
          }
        }
      }
    } finally {
      writing = false;
    }
  }

  return {
    name: "records",
    append(batch) {
      if (batch.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        queue.push({ batch, resolve, reject });
        void work();
      });
    },
  };
}

/** Each outbox has one batch in the queue at most: the relay waits for its answer. */
function takeGroup(queue: Waiting[]): Waiting[] {
  const group: Waiting[] = [];
  let events = 0;
  for (let next = queue[0]; next !== undefined; next = queue[0]) {
    if (group.length > 0 && events + next.batch.length > maxTogether) break;
    events += next.batch.length;
    group.push(next);
    queue.shift();
  }
  return group;
}

const eventsColumns = [
  "id",
  "verification",
  "seq",
  "type",
  "at",
  "app",
  "data",
] as const satisfies (keyof EventsTable)[];

function valuesOf({ id, type, at, seq, app, data }: StoredEvent["event"]): readonly EventsTable[keyof EventsTable][] {
  const verification = "verification" in data ? data.verification : null;
  return [id, verification, seq, type, Date.parse(at), app, JSON.stringify(data)];
}
