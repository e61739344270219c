/** What every backend of the durable records does alike: transactions, deadlines, order of text, bounds. */
import { stat } from "node:fs/promises";
import { sql } from "kysely";
import { expect, test } from "vitest";
import { describeOnBothBackends } from "../../support/records.ts";

const event = (id: string) => ({
  ...{ id, verification: "v1", seq: 1, type: "verification.ended", at: 1_800_000_000_123 },
  ...{ app: "shop", data: '{"status":"verified"}' },
});

describeOnBothBackends("records", (open) => {
  test("what was written is read again, with its types", async () => {
    const records = await open();
    await records.write((db) => db.insertInto("events").values(event("evt_1")).execute());
    const rows = await records.read((db) => db.selectFrom("events").selectAll().execute());
    expect(rows).toEqual([event("evt_1")]);
    const [{ count } = { count: null }] = await records.read((db) =>
      db
        .selectFrom("events")
        .select((eb) => eb.fn.countAll<number>().as("count"))
        .execute(),
    );
    expect(count).toBe(1);
  });

  test("a transaction that fails leaves nothing, and its error is the statement's", async () => {
    const records = await open();
    await expect(
      records.write(async (db) => {
        await db.insertInto("events").values(event("evt_1")).execute();
        await db.insertInto("events").values(event("evt_1")).execute();
      }),
    ).rejects.toThrow(/unique/i);
    expect(await records.read((db) => db.selectFrom("events").selectAll().execute())).toEqual([]);
    expect(records.state().up).toBe(true);
  });

  test("the same row twice is one row, and the count of new rows says so", async () => {
    const records = await open();
    const insert = () =>
      records.write((db) =>
        db
          .insertInto("events")
          .values([event("evt_1"), event("evt_2")])
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow(),
      );
    expect((await insert()).numInsertedOrUpdatedRows).toBe(2n);
    expect((await insert()).numInsertedOrUpdatedRows).toBe(0n);
  });

  test("keys are ordered byte by byte, whatever the database's locale", async () => {
    const records = await open();
    const ids = ["evt_B", "evt_a", "evt_10", "evt_9", "evt_é", "evt-z", "evt z"];
    await records.write((db) => db.insertInto("events").values(ids.map(event)).execute());
    const rows = await records.read((db) => db.selectFrom("events").select("id").orderBy("id").execute());
    expect(rows.map(({ id }) => id)).toEqual([...ids].sort());
  });

  test("a query that takes too long is refused within its deadline, and the next one is answered", async () => {
    const records = await open({ config: { query_timeout_ms: 300 } });
    const slow = open.backend === "sqlite" ? countTo(300_000_000) : sql`select pg_sleep(60)`;
    const begunMs = performance.now();
    await expect(records.read((db) => slow.execute(db))).rejects.toMatchObject({ code: "records_unavailable" });
    // Long before it would end, also on a machine that is busy.
    expect(performance.now() - begunMs).toBeLessThan(10_000);
    await expect.poll(() => records.state().up).toBe(true);
    expect(await records.read((db) => sql`select 1 as one`.execute(db))).toMatchObject({ rows: [{ one: 1 }] });
    await records.write((db) => db.insertInto("events").values(event("evt_1")).execute());
  });

  test("reads go on while a transaction writes, and see it once it has ended", async () => {
    const records = await open();
    const count = async () => (await records.read((db) => db.selectFrom("events").selectAll().execute())).length;
    await records.write(async (db) => {
      await db.insertInto("events").values(event("evt_1")).execute();
      expect(await count()).toBe(0);
    });
    expect(await count()).toBe(1);
  });

  test("fifty callers at once are all answered", async () => {
    const records = await open();
    const writes = Array.from({ length: 50 }, (_, n) =>
      records.write((db) =>
        db
          .insertInto("events")
          .values(event(`evt_${n}`))
          .execute(),
      ),
    );
    await Promise.all(writes);
    expect(await records.read((db) => db.selectFrom("events").selectAll().execute())).toHaveLength(50);
  });

  test("after close every call is refused", async () => {
    const records = await open();
    await records.close();
    await expect(records.read((db) => db.selectFrom("events").selectAll().execute())).rejects.toMatchObject({
      code: "records_unavailable",
    });
  });

  if (open.backend === "sqlite") {
    test("a full disk is told as that, and the records are away until it has room", async () => {
      const records = await open();
      await records.write((db) => sql`pragma max_page_count = 1`.execute(db));
      const large = { ...event("evt_1"), data: "x".repeat(1_000_000) };
      await expect(records.write((db) => db.insertInto("events").values(large).execute())).rejects.toMatchObject({
        code: "records_unavailable",
      });
      expect(records.state()).toMatchObject({ up: false, why: expect.stringContaining("SQLITE_FULL") });
    });

    test("only the gateway's user reads the file", async () => {
      const { url } = await open();
      for (const end of ["", "-wal", "-shm"]) {
        expect((await stat(url.slice("sqlite:".length) + end)).mode & 0o777).toBe(0o600);
      }
    });
  }
});

/** A query that keeps SQLite busy for seconds before its only row. */
function countTo(last: number) {
  return sql`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${last}) select max(i) from n`;
}
