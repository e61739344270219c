/** Public events into the records: once each, in batches, together with what features keep of them. */
import { expect, test } from "vitest";
import type { StoredEvent } from "../../../src/events/sink-port.ts";
import type { Records } from "../../../src/records/records.ts";
import { createRetention, eventsRetention } from "../../../src/records/retention.ts";
import { createRecordsSink, type SinkMetrics, type SinkPart } from "../../../src/records/sink.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { storedEvent } from "../../support/stored-events.ts";

type Wrote = Parameters<SinkMetrics["wrote"]>;

function sinkOf(records: Pick<Records, "write">, parts: readonly SinkPart[] = []) {
  const wrote: Wrote[] = [];
  const metrics: SinkMetrics = { wrote: (...of) => void wrote.push(of) };
  return { wrote, ...createRecordsSink({ records, parts, metrics, clock: systemClock }) };
}
const run = (verification: string, from: number, to: number): StoredEvent[] =>
  Array.from({ length: to - from + 1 }, (_, at) => storedEvent(verification, from + at));

describeOnBothBackends("the sink of events", (open) => {
  const idsOf = async (records: Records) =>
    (await records.read((db) => db.selectFrom("events").select("id").orderBy("id").execute())).map(({ id }) => id);

  test("keeps each event once, whole, however often and however it comes again", async () => {
    const records = await open();
    const sink = sinkOf(records);
    await sink.append(run("v1", 1, 3));
    await sink.append(run("v1", 2, 5));
    await sink.append([...run("v1", 5, 5), ...run("v1", 5, 5)]);
    expect(await idsOf(records)).toEqual([1, 2, 3, 4, 5].map((seq) => `evt_v1_${seq}`));
    expect(sink.wrote.map(([result, rows]) => [result, rows])).toEqual([
      ["written", 3],
      ["written", 2],
      ["written", 0],
    ]);
    const { event } = storedEvent("v1", 4);
    const row = await records.read((db) => db.selectFrom("events").selectAll().where("seq", "=", 4).execute());
    expect(row).toEqual([
      {
        ...{ id: event.id, verification: "v1", seq: 4, type: event.type, at: Date.parse(event.at), app: event.app },
        data: JSON.stringify(event.data),
      },
    ]);
  });

  test("a batch of thousands is written", async () => {
    const records = await open();
    const sink = sinkOf(records);
    await sink.append(run("v1", 1, 5000));
    expect(await idsOf(records)).toHaveLength(5000);
  });

  test("outboxes that come together share a transaction", async () => {
    const records = await open();
    const sink = sinkOf(records);
    await Promise.all(Array.from({ length: 64 }, (_, shard) => sink.append(run(`v${shard}`, 1, 3))));
    expect(await idsOf(records)).toHaveLength(192);
    expect(sink.wrote).toHaveLength(2);
  });

  test("what a feature keeps and the events are written together or not at all", async () => {
    const records = await open();
    let broken = true;
    const sink = sinkOf(records, [
      {
        async write(transaction, batch) {
          const row = { key: `saw ${batch[0]?.event.id}`, value: "" };
          await transaction.insertInto("meta").values(row).execute();
          if (broken) throw new Error("a bug of the feature");
        },
      },
    ]);
    const meta = () => records.read((db) => db.selectFrom("meta").select("key").where("key", "like", "saw%").execute());
    await expect(sink.append(run("v1", 1, 2))).rejects.toThrow("a bug of the feature");
    expect([await idsOf(records), await meta()]).toEqual([[], []]);
    expect(sink.wrote.map(([result]) => result)).toEqual(["failed"]);
    broken = false;
    await sink.append(run("v1", 1, 2));
    expect([await idsOf(records), await meta()]).toEqual([["evt_v1_1", "evt_v1_2"], [{ key: "saw evt_v1_1" }]]);
  });

  test("an event that cannot be written holds up its own outbox alone", async () => {
    const records = await open();
    const sink = sinkOf(records, [
      {
        async write(_transaction, batch) {
          if (batch.some(({ event }) => event.id.startsWith("evt_bad"))) throw new Error("unreadable");
        },
      },
    ]);
    const outcomes = await Promise.allSettled(["v1", "v2", "bad", "v3"].map((id) => sink.append(run(id, 1, 2))));
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await idsOf(records)).toEqual(["evt_v1_1", "evt_v1_2", "evt_v2_1", "evt_v2_2", "evt_v3_1", "evt_v3_2"]);
  });

  test("events older than they are kept are deleted in batches, by one of several gateways at a time", async () => {
    const records = await open();
    await sinkOf(records).append(run("v1", 1, 2500));
    const clock = new ManualClock(Date.parse(storedEvent("v1", 2001).event.at) + 30 * 86_400_000);
    const retention = () =>
      createRetention({
        jobs: [
          eventsRetention({ events_days: 30, cdrs_days: 90, stats_days: 800, webhooks_days: 30, audit_days: 400 }),
        ],
        ...{ records, clock, random: cryptoRandom, logger: { info() {}, error() {} } },
      });
    const deleted = await Promise.all([retention().runOnce(), retention().runOnce()]);
    expect(deleted.reduce((sum, { events = 0 }) => sum + events, 0)).toBe(2000);
    const rows = await records.read((db) => db.selectFrom("events").select("seq").orderBy("seq").execute());
    expect([rows.length, rows[0]?.seq]).toEqual([500, 2001]);
  });
});
