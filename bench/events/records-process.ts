/** Ours into records: batches as the relay hands them over, into an SQLite file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pino from "pino";
import type { StoredEvent } from "../../src/events/sink-port.ts";
import { createDurableRecords } from "../../src/records/index.ts";
import { systemClock as clock } from "../../src/shared/clock.ts";
import { cryptoRandom as random } from "../../src/shared/random.ts";
import { batchEvents, benchEvent, type Done, type Order } from "./protocol.ts";

const dir = await mkdtemp(path.join(tmpdir(), "onering-bench-"));
const records = createDurableRecords({
  config: {
    url: `sqlite:${path.join(dir, "records.sqlite")}`,
    ...{ migrate: "on_start", pool_size: 6, query_timeout_ms: 5000, connect_timeout_ms: 2000 },
    retention: { events_days: 30, cdrs_days: 90, stats_days: 90, webhooks_days: 30, audit_days: 400 },
  },
  metrics: { wrote: () => undefined },
  features: () => [],
  ...{ clock, random, logger: pino({ level: "silent" }) },
});
await records.start();
const { sink } = records;
if (sink === null) throw new Error("nothing is recorded");

let next = 0;
process.on("message", async ({ events }: Order) => {
  for (const last = next + events; next < last; ) {
    const batch: StoredEvent[] = [];
    for (; batch.length < batchEvents && next < last; next++) {
      const event = benchEvent(next, "app") as unknown as StoredEvent["event"];
      batch.push({ shard: 0, position: `1-${next + 1}`, event, ended: null });
    }
    await sink.append(batch);
  }
  process.send?.({ done: events } satisfies Done);
});
process.on("disconnect", async () => {
  await records.stop();
  await rm(dir, { recursive: true, force: true });
  process.exit();
});
process.send?.({});
