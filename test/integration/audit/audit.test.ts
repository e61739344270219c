/** The audit log over a real Redis and both backends: no act without an entry, none twice, whatever is away meanwhile. */
import { sql } from "kysely";
import { pino } from "pino";
import { beforeEach, expect, it, vi } from "vitest";
import { createAudit } from "../../../src/audit/index.ts";
import type { AuditRecords } from "../../../src/audit/port.ts";
import { auditedOutages } from "../../../src/operations/audited-outages.ts";
import { auditRetention, createAuditRecords } from "../../../src/records/audit.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { patientRedis, type TestRedis } from "../../support/redis.ts";
import { careSettings } from "../verification/world.ts";

const runtime = withRuntime();
const logger = pino({ level: "silent" });
const day = 86_400_000;

async function openStore(redis: TestRedis, config = patientRedis(redis.url)): Promise<Store> {
  const store = createStore({
    redis: config,
    ...{ reputation: careSettings, clock: systemClock, logger },
  });
  await vi.waitFor(async () => expect(await store.ping()).toBe(true), { timeout: 10_000 });
  return store;
}

const away: AuditRecords = {
  append: () => Promise.reject(new Refusal("records_unavailable", "away")),
  read: () => Promise.reject(new Refusal("records_unavailable", "away")),
};

describeOnBothBackends("the audit log", (open) => {
  let redis: TestRedis;
  let store: Store;
  beforeEach(async () => {
    redis = await runtime.redis();
    store = await openStore(redis);
    return async () => {
      await store.close();
      await redis.stop();
    };
  });
  const over = (records: AuditRecords, own = store) =>
    createAudit({ queue: own.audit, records, clock: systemClock, random: cryptoRandom, logger });
  const act = (target: string) => ({ who: "key 3f9a01bc", action: "test.act", target });

  it("an app that acts all the time while the records are away leaves room for operators", async () => {
    const audit = over(away);
    const acts = (who: string, count: number) =>
      Promise.allSettled(
        Array.from({ length: count }, () => audit.act({ ...act("list"), who }, async () => ({ result: null }))),
      );
    const his = (await acts("app bank", 5100)).filter(({ status }) => status === "fulfilled");
    expect(his).toHaveLength(5000);
    expect((await acts("app shop", 1))[0]).toMatchObject({ reason: { code: "records_unavailable" } });
    expect((await acts("key 3f9a01bc", 1))[0]).toMatchObject({ status: "fulfilled" });
  });

  it("says of a drain and its end who, when, and what was before and after", async () => {
    const audit = over(createAuditRecords(await open()));
    const outages = auditedOutages(store.outages, audit);
    const trunk = { kind: "trunk", name: "a" } as const;
    const outage = { by: "operator", who: "key 3f9a01bc", reason: "new SBC", sinceMs: 1_800_000_000_000 } as const;
    await outages.takeOut(trunk, { ...outage, by: "canary", who: "onering doctor --canary", reason: "altered" });
    await outages.takeOut(trunk, outage);
    await outages.takeOut(trunk, { ...outage, who: "key 11111111", reason: "later" });
    await outages.putBack(trunk, { by: "operator", who: "key 22222222" });
    const { entries } = await audit.read({ target: "trunk a" }, null, 10);
    const since = "2027-01-15T08:00:00.000Z";
    const out = { in_service: false, by: "operator", who: "key 3f9a01bc", reason: "new SBC", since };
    const canary = { ...out, by: "canary", who: "onering doctor --canary", reason: "altered" };
    expect(entries.map(({ who, action, outcome, before, after }) => ({ who, action, outcome, before, after }))).toEqual(
      [
        { who: "onering doctor --canary", action: "trunk.drain", before: { in_service: true }, after: canary },
        { who: "key 3f9a01bc", action: "trunk.drain", before: canary, after: out },
        // The first reason stays.
        { who: "key 11111111", action: "trunk.drain", before: out, after: out },
        { who: "key 22222222", action: "trunk.undrain", before: out, after: { in_service: true } },
      ]
        .map((entry) => ({ ...entry, outcome: "done" }))
        .reverse(),
    );
    expect(Math.abs(Date.now() - (entries[0]?.atMs ?? 0))).toBeLessThan(10_000);
  });

  it("keeps acts while the records are away, and moves them later, in order and once each, by two gateways", async () => {
    const without = over(away);
    for (let i = 0; i < 250; i++) await without.act(act(`thing ${i}`), async () => ({ result: i, after: { i } }));
    await expect(without.read({}, null, 10)).rejects.toMatchObject({ code: "records_unavailable" });
    const records = await open();
    const other = await openStore(redis);
    try {
      const both = [over(createAuditRecords(records)), over(createAuditRecords(records), other)];
      await Promise.all(both.map((audit) => audit.read({}, null, 1)));
      const { entries } = await (both[0] as (typeof both)[0]).read({}, null, 1000);
      expect(entries.map(({ target }) => target)).toEqual(Array.from({ length: 250 }, (_, i) => `thing ${249 - i}`));
      expect(await store.audit.oldest(10)).toEqual([]);
    } finally {
      await other.close();
    }
  });

  it("records what was refused, what failed, and what a store may have done", async () => {
    const audit = over(createAuditRecords(await open()));
    const failing = (name: string, error: Error) =>
      expect(audit.act(act(name), () => Promise.reject(error))).rejects.toBe(error);
    await failing("refused", new Refusal("forbidden", "no"));
    await failing("failed", new Error("secret text"));
    await failing("unknown", new Refusal("store_unavailable", "?"));
    const { entries } = await audit.read({}, null, 10);
    expect(entries.map(({ target, outcome, after }) => [target, outcome, after])).toEqual([
      ["unknown", "unknown", { refused: "store_unavailable" }],
      ["failed", "failed", null],
      ["refused", "refused", { refused: "forbidden" }],
    ]);
  });

  it("does nothing where the entry cannot be written first", async () => {
    const impatient = await openStore(redis, { url: redis.url, command_timeout_ms: 800 });
    const audit = over(createAuditRecords(await open()), impatient);
    let done = false;
    await redis.kill();
    const run = async () => {
      done = true;
      return { result: 1 };
    };
    await expect(audit.act(act("x"), run)).rejects.toMatchObject({ code: "store_unavailable" });
    expect(done).toBe(false);
    await impatient.close();
  });

  it("has an entry of an act whose gateway died in the middle", async () => {
    const { audit: queue } = store;
    const begun = {
      id: "aud_1",
      atMs: Date.now(),
      ...act("x"),
      outcome: "unknown",
      before: null,
      after: null,
    } as const;
    await queue.begin(begun);
    expect(await queue.oldest(10)).toEqual([]);
    // Ten minutes later, by Redis' clock.
    const client = new (await import("ioredis")).Redis(redis.url);
    await client.zadd("{audit}:times", 1, "aud_1");
    expect((await queue.oldest(10)).map(({ entry }) => entry)).toEqual([begun]);
    // Late, but alive: the entry is final already.
    await queue.finish({ ...begun, outcome: "done" });
    expect(await queue.oldest(10)).toHaveLength(1);
    await client.quit();
  });

  it("is read page by page, by who, action, target and time", async () => {
    const audit = over(createAuditRecords(await open()));
    for (const name of ["a", "b", "c", "d", "e"]) await audit.act(act(name), async () => ({ result: null }));
    await audit.act({ ...act("f"), who: "app shop" }, async () => ({ result: null }));
    const seen: string[] = [];
    for (let after: string | null = null, page = 0; page < 10; page++) {
      const part = await audit.read({ who: "key 3f9a01bc" }, after, 2);
      seen.push(...part.entries.map(({ target }) => target));
      if (part.next === null) break;
      after = part.next;
    }
    expect(seen).toEqual(["e", "d", "c", "b", "a"]);
    expect((await audit.read({ action: "other" }, null, 10)).entries).toEqual([]);
    expect((await audit.read({ untilMs: 1000 }, null, 10)).entries).toEqual([]);
    expect((await audit.read({ fromMs: 1000, target: "f" }, null, 10)).entries).toMatchObject([{ who: "app shop" }]);
  });

  it("cannot be changed in the database, and is deleted only once its time is over", async () => {
    const records = await open();
    const audits = createAuditRecords(records);
    const entry = (id: string, ageDays: number) => ({
      position: `${Date.now()}-${ageDays}`,
      entry: {
        ...{ id, atMs: Date.now() - ageDays * day, ...act("x"), before: null, after: null },
        outcome: "done" as const,
      },
    });
    await audits.append([entry("aud_new", 1), entry("aud_old", 401)]);
    await audits.append([entry("aud_new", 7)]);
    const refused = { message: expect.stringContaining("append-only") };
    const write = (text: string) => records.write((trx) => sql.raw(text).execute(trx));
    await expect(write("update audit set who = 'key 00000000'")).rejects.toMatchObject(refused);
    await expect(write("delete from audit")).rejects.toMatchObject(refused);
    if (open.backend === "postgres") await expect(write("truncate audit")).rejects.toMatchObject(refused);
    const { deleteBatch } = auditRetention({
      events_days: 1,
      cdrs_days: 1,
      stats_days: 1,
      webhooks_days: 1,
      audit_days: 400,
    });
    expect(await records.write((trx) => deleteBatch(trx, Date.now() - 400 * day, 100))).toBe(1);
    const { entries } = await audits.read({}, null, 10);
    expect(entries).toMatchObject([{ id: "aud_new", who: "key 3f9a01bc" }]);
    expect(Date.now() - (entries[0]?.atMs ?? 0)).toBeLessThan(2 * day);
  });
});
