/** Durable records as the composition root takes them. */
import type { EventSink } from "../events/sink-port.ts";
import { createRecords, type Records, type RecordsParts } from "./records.ts";
import { createRetention, eventsRetention, type RetentionJob } from "./retention.ts";
import { createRecordsSink, type SinkMetrics, type SinkPart } from "./sink.ts";

export interface DurableRecords extends Pick<Records, "read" | "write" | "state"> {
  /** For the relay; null where nothing is recorded. */
  readonly sink: EventSink | null;
  /**
   * Connects; records that are away are looked for in the background.
   * @throws {RecordsUnfit} where an operator must do something first
   */
  start(): Promise<void>;
  /** After the relay: what it hands over last is still written. */
  stop(): Promise<void>;
}

/** What a feature adds to the records. */
export interface RecordsFeature {
  readonly part?: SinkPart;
  readonly retention?: RetentionJob;
}

/** @param features of each one what it keeps of events, and what is deleted in time */
export function createDurableRecords(
  parts: RecordsParts & {
    readonly metrics: SinkMetrics;
    readonly features: (records: Records) => readonly RecordsFeature[];
  },
): DurableRecords {
  const { config, clock, random, logger, metrics } = parts;
  const records = createRecords(parts);
  const features = parts.features(records);
  const retention = createRetention({
    ...{ records, clock, random, logger },
    jobs: [eventsRetention(config.retention), ...features.flatMap(({ retention: job }) => job ?? [])],
  });
  const sinkParts = features.flatMap(({ part }) => part ?? []);
  const sink = config.url === "off" ? null : createRecordsSink({ records, parts: sinkParts, metrics, clock });
  return {
    ...{ read: records.read, write: records.write, state: records.state, sink },
    async start() {
      await records.start();
      retention.start();
    },
    async stop() {
      retention.stop();
      await records.close();
    },
  };
}
