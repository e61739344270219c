/** Detail records and their sums, on both backends. */
import fc from "fast-check";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { Place } from "../../../src/cdr/cursor.ts";
import type { Cdr } from "../../../src/cdr/rows.ts";
import { type CdrFilter, type Dimension, dimensions, type StatsQuery } from "../../../src/cdr/store-port.ts";
import { addTally, dayMs, emptyTally, hourMs, type Tally, tallyOf } from "../../../src/cdr/tally.ts";
import { cdrFeatures } from "../../../src/records/cdr/index.ts";
import { cdrRetention, statsRetention } from "../../../src/records/cdr/retention.ts";
import { createCdrStore } from "../../../src/records/cdr/store.ts";
import { createCdrSubjects } from "../../../src/records/cdr/subjects.ts";
import { createCdrWriter } from "../../../src/records/cdr/write.ts";
import type { RetentionJob } from "../../../src/records/retention.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { cdrsOf, delivery, idOf, noon, rang, verification } from "../../support/cdrs.ts";
import { describeOnBothBackends, type OpenBackend, recordsConfig } from "../../support/records.ts";

/** A verification of this number, whose delivery began so many seconds after noon. */
function one(number: number, seconds: number, changed: Partial<Verification> = {}): Verification {
  const startedAtMs = noon + seconds * 1000;
  return verification({ id: idOf(number), deliveries: [delivery({ startedAtMs })], ...changed });
}

function idsOf(rows: readonly Pick<Cdr, "verification">[]): readonly number[] {
  return rows.map(({ verification: id }) => Number(id.slice(5)));
}

describeOnBothBackends("detail records", (open: OpenBackend) => {
  async function started() {
    const records = await open();
    return use(records);
  }

  function use(records: Awaited<ReturnType<typeof open>>) {
    const writer = createCdrWriter(cdrsOf, open.backend);
    const store = createCdrStore(records);
    return {
      store,
      records,
      write: (...ended: readonly Verification[]) => records.write((transaction) => writer.write(transaction, ended)),
      /** All pages. */
      async all(filter: CdrFilter, limit: number) {
        const pages: (readonly Cdr[])[] = [];
        let place: Place | null = null;
        do {
          const page: Awaited<ReturnType<typeof store.page>> = await store.page(filter, place, limit);
          pages.push(page.rows);
          place = page.next;
        } while (place !== null);
        return pages;
      },
    };
  }

  test("a record is read back as it was written", async () => {
    const { store, write } = await started();
    const sms = { channel: "sms", state: "sent", result: { route: "acme", segments: 2 }, cost: 0.083 } as const;
    const both = verification({
      ...{ reference: "order-1", proofDelivery: 2, seq: 7 },
      deliveries: [
        delivery({ state: "failed", reason: "busy", result: rang({ outcome: "busy", q850Cause: 17, sipStatus: 486 }) }),
        delivery({ number: 2, startedAtMs: noon + 9000, endedAtMs: null, ...sms }),
      ],
    });
    await write(both);
    expect((await store.page({}, null, 10)).rows).toEqual(cdrsOf(both).toReversed());
  });

  test("written again it is there once; with more it is replaced; older ones change nothing", async () => {
    const { store, write } = await started();
    const early = verification({
      ...{ seq: 4, status: "canceled", proofDelivery: null },
      deliveries: [delivery({ state: "ringing", reason: null, result: null })],
    });
    const late = { ...early, seq: 5, deliveries: [delivery({ state: "failed", reason: "canceled" })] };
    await write(early);
    await write(early, early);
    expect((await store.page({}, null, 10)).rows).toEqual(cdrsOf(early));
    await write(late);
    await write(early);
    expect((await store.page({}, null, 10)).rows).toEqual(cdrsOf(late));
    const [sums] = await store.stats(whole());
    expect(sums?.tally).toEqual(tallies([late]));
  });

  test("in one batch the newest of a verification counts, in any order", async () => {
    const { store, write } = await started();
    await write(one(1, 0, { seq: 6, status: "failed", proofDelivery: null }), one(1, 0, { seq: 5 }));
    expect((await store.page({}, null, 10)).rows).toMatchObject([{ seq: 6, status: "failed", verified: false }]);
  });

  test("what was erased stays so when a late event comes", async () => {
    const { store, records, write } = await started();
    await write(verification({ reference: "order-1" }));
    await records.write((transaction) =>
      transaction.updateTable("cdrs").set({ recipient: null, verification_to: null, reference: null }).execute(),
    );
    await write(verification({ reference: "order-1", seq: 9, deliveries: [delivery({ reason: "declined" })] }));
    const erased = { seq: 9, reason: "declined", to: null, verificationTo: null, reference: null };
    expect((await store.page({}, null, 10)).rows).toMatchObject([erased]);
  });

  test("two gateways that write the same verifications at once count them once", async () => {
    const first = await started();
    // SQLite has one gateway, which may still have two batches at once.
    const second = open.backend === "postgres" ? use(await open({ url: first.records.url })) : first;
    const all = Array.from({ length: 40 }, (_, number) => one(number, number));
    await Promise.all([first.write(...all), second.write(...all.toReversed()), first.write(...all)]);
    expect((await first.all({}, 100)).flat()).toHaveLength(40);
    expect((await first.store.stats(whole()))[0]?.tally).toEqual(tallies(all));
  });

  describe("lists", () => {
    test("newest first, in pages that neither double nor skip, whatever is inserted meanwhile", async () => {
      const { store, write } = await started();
      // Several at the same time: the id decides between them.
      await write(...Array.from({ length: 30 }, (_, number) => one(number, Math.floor(number / 4))));
      const seen: number[] = [];
      let place: Place | null = null;
      let inserted = 100;
      do {
        const page: Awaited<ReturnType<typeof store.page>> = await store.page({}, place, 7);
        seen.push(...idsOf(page.rows));
        place = page.next;
        // One newer than all, one older than all, and one at the time where the page ended.
        const at = place === null ? 0 : (place.atMs - noon) / 1000;
        await write(one(inserted++, 5000), one(inserted++, -5000), one(inserted++, at));
      } while (place !== null);
      const before = seen.filter((number) => number < 100);
      expect(before).toEqual(Array.from({ length: 30 }, (_, number) => 29 - number));
      expect(new Set(seen).size).toBe(seen.length);
    });

    test("an app's list has nothing of another app, by any filter", async () => {
      const { store, write } = await started();
      const to = "+447911123456";
      await write(one(1, 0), one(2, 1, { app: "bank" }), one(3, 2));
      const filters: readonly CdrFilter[] = [{}, { to }, { verification: idOf(2) }, { trunk: "carrier-a" }];
      for (const filter of filters) {
        const { rows } = await store.page({ ...filter, app: "shop" }, null, 10);
        expect(rows.filter(({ app }) => app !== "shop")).toEqual([]);
      }
      expect(idsOf((await store.page({ app: "bank" }, null, 10)).rows)).toEqual([2]);
      expect((await store.page({ app: "shop", verification: idOf(2) }, null, 10)).rows).toEqual([]);
    });

    const changed = (more: Parameters<typeof delivery>[0]) => ({
      deliveries: [delivery({ startedAtMs: noon, ...more })],
    });
    const busy = changed({ state: "failed", reason: "busy", result: rang({ outcome: "busy", trunk: "carrier-b" }) });
    test.each<[string, CdrFilter, readonly number[]]>([
      ["channel", { channel: "sms" }, [3]],
      ["country", { country: "DE" }, [4]],
      ["status", { status: "expired" }, [2]],
      ["state", { state: "failed" }, [2]],
      ["reason", { reason: "busy" }, [2]],
      ["trunk", { trunk: "carrier-b" }, [2]],
      ["outcome", { outcome: "rang" }, [1, 4]],
      ["recipient", { to: "+4915112345678" }, [4]],
      ["spelling of an address", { to: "ANNA@example.com" }, [5]],
      ["verification", { verification: idOf(3) }, [3]],
      ["time", { fromMs: noon, toMs: noon + 1 }, [1, 2, 3, 4, 5]],
      ["time before", { toMs: noon }, []],
      ["several together", { state: "failed", trunk: "carrier-a" }, []],
    ])("are filtered by %s", async (_name, filter, expected) => {
      const { store, write } = await started();
      const german = { to: "+4915112345678", country: "DE" } as const;
      await write(
        one(1, 0),
        one(2, 0, { ...busy, status: "expired", proofDelivery: null }),
        one(3, 0, changed({ channel: "sms", state: "sent", result: null })),
        one(4, 0, { ...german, ...changed({ to: german.to }) }),
        one(5, 0, changed({ channel: "email", to: "Anna@example.com", state: "sent", result: null })),
      );
      expect(idsOf((await store.page(filter, null, 10)).rows).toSorted()).toEqual(expected);
    });

    test("a filter that few rows match gives short pages with a place to go on from, and finds all", async () => {
      const { store, all, write } = await started();
      const rare = (number: number) => one(number, number, number % 6000 === 7 ? { status: "canceled" } : {});
      for (let from = 0; from < 12_000; from += 2000) {
        await write(...Array.from({ length: 2000 }, (_, index) => rare(from + index)));
      }
      const found = await all({ status: "canceled" }, 100);
      expect(idsOf(found.flat())).toEqual([6007, 7]);
      expect(idsOf((await store.page({ status: "canceled" }, null, 1)).rows)).toEqual([6007]);
    }, 60_000);
  });

  describe("verifications that have ended", () => {
    test("are found by recipient, reference, status and channel, newest first, with all their deliveries", async () => {
      const { store, write } = await started();
      const to = "+447911123456";
      const two = [
        delivery({ state: "failed" }),
        delivery({ number: 2, channel: "sms", state: "sent", startedAtMs: noon + 9000, result: null }),
      ];
      await write(
        one(1, 0, { reference: "order-1" }),
        one(2, 60, { reference: "order-2", status: "expired", proofDelivery: null }),
        one(3, 30, { app: "bank", reference: "order-1" }),
        verification({ id: idOf(4), deliveries: two }),
        one(5, 10, { to: "+447911999999" }),
      );
      const find = async (filter: Parameters<typeof store.ended>[0]) => {
        const { rows } = await store.ended(filter, null, 10);
        return rows.map((deliveries) => idsOf(deliveries));
      };
      expect(await find({ app: "shop", to })).toEqual([[2], [4, 4], [1]]);
      expect(await find({ to })).toEqual([[2], [3], [4, 4], [1]]);
      expect(await find({ app: "shop", reference: "order-1" })).toEqual([[1]]);
      expect(await find({ app: "shop", to, status: "expired" })).toEqual([[2]]);
      expect(await find({ app: "shop", channel: "sms" })).toEqual([[4, 4]]);
      expect(await find({ app: "bank", to })).toEqual([[3]]);
      expect(await find({ app: "shop", fromMs: noon + 1000, toMs: noon + 60_000 })).toEqual([[5]]);
    });

    test("page by page", async () => {
      const { store, write } = await started();
      await write(...Array.from({ length: 7 }, (_, number) => one(number, Math.floor(number / 3))));
      const first = await store.ended({ app: "shop" }, null, 4);
      const second = await store.ended({ app: "shop" }, first.next, 4);
      expect([...first.rows, ...second.rows].map(([cdr]) => cdr && idsOf([cdr])[0])).toEqual([6, 5, 4, 3, 2, 1, 0]);
      expect(second.next).toBeNull();
    });
  });

  test("what a person or an app made up is kept: a registration of 4 KB, a reference with U+0000", async () => {
    const { store, write } = await started();
    const registration = `{"endpoint":"https://push.example/${"x".repeat(4000)}"}`;
    const pushed = delivery({ channel: "push", to: registration, state: "sent", result: null });
    await write(verification({ to: registration, reference: "a\0b", deliveries: [pushed] }));
    expect((await store.page({ to: registration }, null, 10)).rows).toMatchObject([{ to: registration }]);
    expect((await store.page({ to: `${registration.slice(0, -1)} ` }, null, 10)).rows).toEqual([]);
    const found = await store.ended({ app: "shop", reference: "a\0b" }, null, 10);
    expect(found.rows).toMatchObject([[{ reference: "a\ufffdb" }]]);
  });

  test("a verification that cannot be read has no record, and holds up none", async () => {
    const { store, records } = await started();
    const errors: unknown[] = [];
    const [feature] = cdrFeatures({
      config: recordsConfig(records.url),
      cdrsOf(one) {
        if (one.id === idOf(1)) throw new Error("of another version");
        return cdrsOf(one);
      },
      logger: { error: (about: unknown) => void errors.push(about) },
    });
    const event = (ended: Verification) => ({ shard: 0, position: "1-0", event: {} as never, ended });
    await records.write(async (transaction) => {
      await feature?.part?.write(transaction, [
        event(one(1, 0)),
        event(one(2, 0)),
        { ...event(one(3, 0)), ended: null },
      ]);
    });
    expect(idsOf((await store.page({}, null, 10)).rows)).toEqual([2]);
    expect(errors).toMatchObject([{ id: idOf(1) }]);
  });

  describe("of a person", () => {
    const to = "+447911123456";
    const subject = { to, hash: "", verifications: new Set<string>(), is: (other: string) => other === to };
    const email = { channel: "email", to: "anna@example.com", state: "sent", result: null } as const;

    test("everything is exported, and erased from every record, but not from the sums", async () => {
      const { store, records, write } = await started();
      const subjects = createCdrSubjects(records);
      const several = Array.from({ length: 320 }, (_, number) => one(number, number, { reference: `order-${number}` }));
      const other = { to: "+447911999999", deliveries: [delivery({ to: "+447911999999" })] };
      await write(
        ...several,
        one(1000, 0, other),
        // The number is the verification's, the message went to an address.
        one(1001, 0, { deliveries: [delivery(email)] }),
        // And the other way round.
        one(1002, 0, { ...other, deliveries: [delivery(email), delivery({ number: 2, to })] }),
      );
      const sums = await store.stats(whole());
      const exported: object[] = [];
      for (let next: string | null = null, first = true; first || next !== null; first = false) {
        const part = await subjects.export(subject, next);
        exported.push(...part.items);
        next = part.next;
      }
      expect(exported).toHaveLength(323);
      let erased = 0;
      for (let next: string | null = null, first = true; first || next !== null; first = false) {
        const part = await subjects.erase(subject, next);
        erased += part.erased;
        next = part.next;
      }
      expect(erased).toBe(323);
      expect((await subjects.erase(subject, null)).erased).toBe(0);
      const left = await records.read((db) => db.selectFrom("cdrs").selectAll().execute());
      expect(left).toHaveLength(324);
      // One verification is one person's, whole.
      for (const gone of [to, "anna@example.com", "order-"]) expect(JSON.stringify(left)).not.toContain(gone);
      expect(left.filter((row) => row.recipient !== null)).toMatchObject([{ recipient: "+447911999999" }]);
      expect(await store.stats(whole())).toEqual(sums);
    });
  });

  test("old records and old sums are deleted, each in their own time", async () => {
    const { store, records, write } = await started();
    const retention = { ...recordsConfig(records.url).retention, cdrs_days: 90, stats_days: 800 };
    await write(...Array.from({ length: 5 }, (_, day) => one(day, -day * 86_400)));
    const run = (job: RetentionJob, limit: number) =>
      records.write((transaction) => job.deleteBatch(transaction, noon - 2 * dayMs, limit));
    expect([await run(cdrRetention(retention), 1), await run(cdrRetention(retention), 10)]).toEqual([1, 1]);
    expect(idsOf((await store.page({}, null, 10)).rows)).toEqual([0, 1, 2]);
    expect((await store.stats(whole()))[0]?.tally.counters.started).toBe(5);
    const batches = [];
    for (let deleted = 1; deleted > 0; batches.push(deleted)) deleted = await run(statsRetention(retention), 3);
    expect(batches.reduce((sum, one) => sum + one)).toBe(4 * 2 + 2);
    const hours = await store.stats(whole({ period: "hour", fromMs: noon - 10 * dayMs, toMs: noon + dayMs }));
    expect(hours).toHaveLength(3);
  });

  test("sums by every grouping equal those over the records themselves, whatever came again, late or out of order", async () => {
    const { store, records, all, write } = await started();
    const batches = fc.array(fc.array(arbitraryVerification, { maxLength: 12 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(batches, queries, async (written, asked) => {
        for (const batch of written) await write(...batch);
        const found = (await all({}, 500)).flat();
        for (const query of asked) {
          expect(await store.stats(query), JSON.stringify(query)).toEqual(bruteForce(found, query));
        }
        await records.write(async (transaction) => {
          for (const table of ["cdrs", "cdr_stats"]) await sql`delete from ${sql.table(table)}`.execute(transaction);
        });
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

const whole = (changed: Partial<StatsQuery> = {}): StatsQuery => ({
  ...{ fromMs: noon - 40 * dayMs, toMs: noon + 40 * dayMs, period: null, by: [], where: {}, maxGroups: 1000 },
  ...changed,
});

function tallies(verifications: readonly Verification[]): Tally {
  const sum = emptyTally();
  for (const { tally } of verifications.flatMap(cdrsOf).flatMap(tallyOf)) addTally(sum, tally);
  return sum;
}

/** The same statistics, from every record. */
function bruteForce(records: readonly Cdr[], { fromMs, toMs, period, by, where }: StatsQuery) {
  const groups = new Map<
    string,
    { atMs: number | null; values: Partial<Record<Dimension, string | null>>; tally: Tally }
  >();
  for (const { key, tally } of records.flatMap(tallyOf)) {
    if (key.hourMs < fromMs || key.hourMs >= toMs) continue;
    if (Object.entries(where).some(([name, value]) => key[name as Dimension] !== value)) continue;
    const unitMs = period === "day" ? dayMs : hourMs;
    const atMs = period === null ? null : key.hourMs - (key.hourMs % unitMs);
    const values = Object.fromEntries(by.map((name) => [name, key[name]]));
    const name = [atMs === null ? "" : String(atMs).padStart(16, "0"), ...by.map((one) => key[one] ?? "")].join("\0");
    const group = groups.get(name) ?? { atMs, values, tally: emptyTally() };
    addTally(group.tally, tally);
    groups.set(name, group);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, group]) => group);
}

const outcome = fc.constantFrom("rang", "answered", "busy", "declined", "congestion", "canceled", "unallocated");
const invite = fc.tuple(
  ...[fc.constantFrom("carrier-a", "carrier-b"), fc.constantFrom("pbx", "pbx-2"), outcome],
  fc.option(fc.integer({ min: 0, max: 60_000 })),
);
const arbitraryDelivery = fc
  .record({
    channel: fc.constantFrom("missed_call", "sms", "email", "call_in"),
    invites: fc.array(invite, { maxLength: 3 }),
    range: fc.constantFrom("block-1", "block-2"),
    state: fc.constantFrom("rung", "failed", "sent", "called", "ringing"),
    begun: fc.boolean(),
    cost: fc.option(fc.integer({ min: 0, max: 100_000 }).map((micros) => micros / 1e6)),
    // Two days and a bit, to the half hour.
    startedAtMs: fc.integer({ min: -60, max: 60 }).map((halfHours) => noon + (halfHours * hourMs) / 2),
  })
  .map(({ channel, invites, range, begun, ...more }) =>
    delivery({
      ...{
        channel,
        to: channel === "email" ? "anna@example.com" : "+447911123456",
        details: begun ? {} : null,
        ...more,
      },
      result: channel === "missed_call" ? rang({ invites, range }) : null,
    }),
  );
const arbitraryVerification = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    seq: fc.integer({ min: 1, max: 4 }),
    status: fc.constantFrom("verified", "expired", "undeliverable"),
    deliveries: fc.array(arbitraryDelivery, { minLength: 2, maxLength: 2 }),
    proofDelivery: fc.constantFrom(1, 2),
  })
  .map(({ number, status, deliveries, ...more }) =>
    verification({
      // What a verification keeps over its life follows from its number.
      ...{ id: idOf(number), app: number % 2 === 0 ? "shop" : "bank", country: number % 3 === 0 ? "GB" : "FR" },
      ...{ status: status as Verification["status"], ...more },
      deliveries: deliveries.map((one, index) => ({ ...one, number: index + 1 })),
    }),
  );
/** As the service asks: no prefix together with network or range. */
const plain = dimensions.filter((name) => name !== "prefix");
const byPrefix = dimensions.filter((name) => name !== "network" && name !== "range");
const query = fc
  .record({
    by: fc.oneof(fc.subarray(plain), fc.subarray(byPrefix, { minLength: 1 })),
    period: fc.constantFrom("hour", "day", null),
    fromHour: fc.integer({ min: -40, max: 40 }),
    hours: fc.integer({ min: 1, max: 80 }),
    where: fc.constantFrom<StatsQuery["where"]>({}, { app: "shop" }, { channel: "missed_call", trunk: "carrier-a" }),
  })
  .map(({ fromHour, hours, ...more }): StatsQuery => {
    const fromMs = noon + fromHour * hourMs;
    return { fromMs, toMs: fromMs + hours * hourMs, maxGroups: 1000, ...more };
  });
const queries = fc.array(query, { minLength: 1, maxLength: 8 });
