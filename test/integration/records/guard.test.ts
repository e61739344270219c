/** Block and allow lists and the guard's decisions in the records, the same on both backends. */
import { expect, test } from "vitest";
import type { DecisionRow } from "../../../src/guard/decisions.ts";
import type { ListEntry } from "../../../src/guard/lists/entry.ts";
import { createGuardRecords, guardFeatures } from "../../../src/records/guard.ts";
import type { Subject, SubjectStore } from "../../../src/subjects/store-port.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { testConfig } from "../../support/test-config.ts";

const noon = Date.UTC(2026, 2, 1, 12);
const hash = createHashes("a key that only this test has, of 32 characters and more").scope;

const entry = (number: number, changed: Partial<ListEntry> = {}): ListEntry => ({
  ...{ id: `lst_${String(number).padStart(4, "0")}`, list: "block", app: null, value: `+44790000${number}` },
  ...{ reason: "ü", by: "key 1", createdAtMs: noon, expiresAtMs: null },
  ...changed,
});

const decision = (number: number, changed: Partial<DecisionRow> = {}): DecisionRow => ({
  ...{ id: `dec_${String(number).padStart(4, "0")}`, atMs: noon + Math.floor(number / 3), app: "shop" },
  ...{ verification: `v${number}`, mode: "new", channel: "sms", country: "GB", prefix: "+4479000" },
  ...{ recipient: "abcd", verdict: "denied", rule: "prefix_limit", note: null },
  figures: [{ name: "deliveries", limit: 60, count: 60.5, windowSeconds: 3600 }],
  ...changed,
});

describeOnBothBackends("what the guard keeps", (open) => {
  test("lists: pages newest first, by app and list, and an app removes its own alone", async () => {
    const { lists } = createGuardRecords(await open(), hash);
    const own = entry(3, { app: "shop", expiresAtMs: noon + 1 });
    for (const one of [entry(1), entry(2, { list: "allow" }), own, entry(4, { app: "bank" })]) {
      expect(await lists.add(one)).toBe(true);
    }
    expect(await lists.all()).toHaveLength(4);
    const first = await lists.page({}, null, 3);
    expect(first.entries.map(({ id }) => id)).toEqual(["lst_0004", "lst_0003", "lst_0002"]);
    expect(await lists.page({}, first.next, 3)).toEqual({ entries: [entry(1)], next: null });
    expect((await lists.page({ app: "shop" }, null, 3)).entries).toEqual([own]);
    expect((await lists.page({ app: null, list: "allow" }, null, 3)).entries).toEqual([entry(2, { list: "allow" })]);
    expect(await lists.remove("lst_0003", "bank")).toBe(null);
    expect(await lists.remove("lst_0003", "shop")).toEqual(own);
    expect(await lists.remove("lst_0003", null)).toBe(null);
  });

  test("lists: no app, nor all of them together, fill them for others and for operators", async () => {
    const records = await open();
    const { lists } = createGuardRecords(records, hash);
    let number = 0;
    const fill = (app: string, count: number) =>
      records.write(async (trx) => {
        const rows = Array.from({ length: count }, () => entry(number++, { app }));
        const values = rows.map(({ id, list, value, reason, by, createdAtMs, expiresAtMs }) => {
          return { id, list, app, value, reason, added_by: by, created_at: createdAtMs, expires_at: expiresAtMs };
        });
        await trx.insertInto("guard_lists").values(values).execute();
      });
    const add = (app: string | null) => lists.add(entry(number++, { app }));
    await fill("shop", 1000);
    expect([await add("shop"), await add("bank")]).toEqual([false, true]);
    for (let app = 2; app <= 6; app++) await fill(`app${app}`, 1000);
    await fill("late", 49);
    expect([await add("app7"), await add("late"), await add("late")]).toEqual([true, true, false]);
    for (const app of ["app8", "app9"]) await fill(app, 1000);
    expect([await add("app10"), await add(null)]).toEqual([false, true]);
  });

  test("decisions: each once, in pages, by every filter", async () => {
    const { decisions } = createGuardRecords(await open(), hash);
    const all = Array.from({ length: 10 }, (_, number) => decision(number, number === 4 ? { app: "bank" } : {}));
    await decisions.append(all);
    await decisions.append(all.slice(2, 5));
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page = await decisions.read({ app: "shop" }, after, 4);
      seen.push(...page.rows.map(({ id }) => id));
      after = page.next;
    } while (after !== null);
    expect(seen).toEqual(
      all
        .filter(({ app }) => app === "shop")
        .map(({ id }) => id)
        .reverse(),
    );
    expect((await decisions.read({ verification: "v7" }, null, 9)).rows).toEqual([decision(7)]);
    expect((await decisions.read({ rules: ["opt_out"] }, null, 9)).rows).toEqual([]);
    expect(
      (await decisions.read({ rules: ["opt_out", "prefix_limit"], verdict: "denied" }, null, 99)).rows,
    ).toHaveLength(10);
    expect((await decisions.read({ fromMs: noon + 1, untilMs: noon + 2 }, null, 99)).rows).toHaveLength(3);
  });

  test("a text with a NUL is kept whole but for that, and looking for one finds nothing", async () => {
    const { decisions, lists } = createGuardRecords(await open(), hash);
    await decisions.append([decision(1)]);
    expect((await decisions.read({ verification: "v1\0", rules: ["\0"] }, null, 9)).rows).toEqual([]);
    expect(await lists.add(entry(1, { reason: "a\0b" }))).toBe(true);
    expect((await lists.all()).map(({ reason }) => reason)).toEqual([expect.stringMatching(/^a.b$/)]);
  });

  test("decisions are exported and erased with the rest that is kept of somebody, and end by age", async () => {
    const records = await open();
    const { decisions, lists, subjects: all } = createGuardRecords(records, hash);
    const subjects = all.find(({ name }) => name === "guard decisions") as SubjectStore;
    const subject = { hash: "abcd", verifications: new Set<string>() } as unknown as Subject;
    await decisions.append([decision(1), decision(2, { recipient: "other" })]);
    expect((await subjects.export(subject, null)).items).toMatchObject([{ id: "dec_0001", rule: "prefix_limit" }]);
    expect(await subjects.erase(subject, null)).toEqual({ erased: 1, next: null });
    expect((await decisions.read({}, null, 9)).rows.map(({ id }) => id)).toEqual(["dec_0002"]);

    await lists.add(entry(1, { expiresAtMs: noon }));
    await lists.add(entry(2));
    const jobs = guardFeatures(testConfig().records).map(({ retention }) => retention);
    const deleted = await records.write(async (trx) => {
      return Promise.all(jobs.map((job) => job?.deleteBatch(trx, noon + 1000, 100)));
    });
    expect(deleted).toEqual([1, 1]);
    expect((await lists.all()).map(({ id }) => id)).toEqual(["lst_0002"]);
  });
});
