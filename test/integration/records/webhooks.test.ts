/** The store of webhook endpoints and dead letters, the same on both backends. */
import { sql } from "kysely";
import { expect, test } from "vitest";
import { createWebhookStore, deleteOldDeadLetters } from "../../../src/records/webhooks.ts";
import type { DeadLetter, EndpointRow } from "../../../src/webhooks/types.ts";
import { describeOnBothBackends } from "../../support/records.ts";

const row = (id: string, changed: Partial<EndpointRow> = {}): EndpointRow => ({
  ...{ id, app: "shop", url: "k.sealed", events: ["verification.*"], enabled: true, disabledReason: null },
  ...{ secret: "k.sealed", previousSecret: null, previousUntilMs: null },
  ...{ createdAtMs: 1_772_366_400_000, updatedAtMs: 1_772_366_400_000, revision: 1 },
  ...changed,
});

const letter = (
  endpoint: string,
  verification: string,
  seq: number,
  changed: Partial<DeadLetter> = {},
): DeadLetter => ({
  ...{ endpoint, app: "shop", eventId: `evt_${verification}_${seq}`, type: "delivery.updated", verification },
  ...{
    reason: "expired",
    tries: 12,
    queuedAtMs: 1000 + seq,
    endedAtMs: 90_000 + seq,
    body: `{"seq":${seq},"to":"ü\u{1f600}"}`,
  },
  ...changed,
});

describeOnBothBackends("the webhook store", (open) => {
  test("keeps endpoints, and of two copies the one with the greater revision", async () => {
    const store = createWebhookStore(await open());
    const first = row("wh_a", { previousSecret: "k.before", previousUntilMs: 1_772_366_500_000 });
    await store.putEndpoint(first);
    await store.putEndpoint(row("wh_b", { events: [] }));
    expect(await store.endpoints()).toEqual([first, row("wh_b", { events: [] })]);
    expect(await store.endpoint("wh_a")).toEqual(first);
    expect(await store.endpoint("wh_c")).toBeNull();

    const disabled = row("wh_a", { enabled: false, disabledReason: "gone", revision: 3 });
    await store.putEndpoint(disabled);
    await store.putEndpoint(row("wh_a", { revision: 2 }));
    await store.putEndpoint(row("wh_a", { revision: 3 }));
    expect(await store.endpoints()).toEqual([disabled, row("wh_b", { events: [] })]);
  });

  test("changes an endpoint that is there and was not changed since, and says which one is kept", async () => {
    const store = createWebhookStore(await open());
    await store.putEndpoint(row("wh_a"));
    const second = row("wh_a", { events: [], revision: 2 });
    expect(await store.changeEndpoint(second)).toEqual({ kept: second, isTaken: true });
    expect(await store.changeEndpoint(row("wh_a", { revision: 2 }))).toEqual({ kept: second, isTaken: false });
    expect(await store.changeEndpoint(row("wh_b", { revision: 2 }))).toBeNull();
    expect(await store.endpoints()).toEqual([second]);
  });

  test("removes an endpoint with its dead letters, and no other's", async () => {
    const store = createWebhookStore(await open());
    for (const id of ["wh_a", "wh_b"]) await store.putEndpoint(row(id));
    await store.addDeadLetters([letter("wh_a", "v1", 1), letter("wh_b", "v1", 1)]);
    await store.removeEndpoint("wh_a");
    expect((await store.endpoints()).map(({ id }) => id)).toEqual(["wh_b"]);
    expect((await store.deadLetters("wh_a", { limit: 10 })).letters).toEqual([]);
    expect((await store.deadLetters("wh_b", { limit: 10 })).letters).toEqual([letter("wh_b", "v1", 1)]);
  });

  test("keeps a dead letter once, whatever comes twice, and gives pages in the order in which they were queued", async () => {
    const store = createWebhookStore(await open());
    const all = Array.from({ length: 1203 }, (_, seq) =>
      letter("wh_a", "v1", seq, { queuedAtMs: 1000 + Math.floor(seq / 7) }),
    );
    await store.addDeadLetters(all);
    await store.addDeadLetters(all.slice(0, 20).map((one) => ({ ...one, tries: 13 })));
    const seen: DeadLetter[] = [];
    for (let after: string | null = null; ; ) {
      const page = await store.deadLetters("wh_a", { after, limit: 100 });
      seen.push(...page.letters);
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen).toHaveLength(1203);
    expect(new Set(seen.map(({ eventId }) => eventId)).size).toBe(1203);
    expect(seen.every((one, i) => i === 0 || one.queuedAtMs >= (seen[i - 1]?.queuedAtMs ?? 0))).toBe(true);
    expect(seen[0]?.tries).toBe(13);
    const late = await store.deadLetters("wh_a", { sinceMs: 90_000 + 1200, limit: 10 });
    expect(late.letters.map(({ endedAtMs }) => endedAtMs)).toEqual([91_200, 91_201, 91_202]);
  });

  test("takes a letter that comes twice at once, as after two replays of one event, and keeps the newer one", async () => {
    const store = createWebhookStore(await open());
    const newer = letter("wh_a", "v1", 1, { tries: 13 });
    await store.addDeadLetters([letter("wh_a", "v1", 1), letter("wh_a", "v1", 2), newer]);
    expect((await store.deadLetters("wh_a", { limit: 10 })).letters).toEqual([newer, letter("wh_a", "v1", 2)]);
  });

  test("tells all endpoints, however many: those that it leaves out would count as deleted", async () => {
    const records = await open();
    const store = createWebhookStore(records);
    await store.putEndpoint(row("wh_a"));
    await records.write((trx) =>
      sql`
        with recursive n(i) as (select 1 union all select i + 1 from n where i < 10000)
        insert into webhook_endpoints (id, app, url, events, enabled, secret, created_at, updated_at, revision)
        select 'wh_b' || n.i, app, url, events, enabled, secret, created_at, updated_at, revision
        from webhook_endpoints, n`.execute(trx),
    );
    const ids = (await store.endpoints()).map(({ id }) => id);
    expect(ids).toHaveLength(10_001);
    expect(new Set(ids).size).toBe(10_001);
  });

  test("finds and removes dead letters of events, and erases those of verifications", async () => {
    const store = createWebhookStore(await open());
    const kept = [letter("wh_a", "v1", 1), letter("wh_a", "v1", 2), letter("wh_a", "v2", 1), letter("wh_b", "v1", 1)];
    await store.addDeadLetters(kept);
    expect(await store.deadLettersOf("wh_a", ["evt_v1_2", "evt_v1_1", "evt_unknown_1"])).toEqual(kept.slice(0, 2));
    expect(await store.deadLettersOf("wh_a", [])).toEqual([]);
    await store.removeDeadLetters("wh_a", [letter("wh_a", "v1", 2)]);
    expect((await store.deadLettersOfVerifications(["v1"], 10)).map(({ endpoint }) => endpoint).sort()).toEqual([
      "wh_a",
      "wh_b",
    ]);
    expect(await store.eraseVerifications(["v1", "unknown"])).toBe(2);
    expect((await store.deadLetters("wh_a", { limit: 10 })).letters).toEqual([kept[2]]);
  });

  test("does not remove one that ended again since it was read, with 1,000 others that it removes", async () => {
    const store = createWebhookStore(await open());
    const read = Array.from({ length: 1000 }, (_, seq) => letter("wh_a", "v1", seq));
    await store.addDeadLetters(read);
    const again = letter("wh_a", "v1", 700, { tries: 1, queuedAtMs: 95_000, endedAtMs: 95_001, reason: "gone" });
    await store.addDeadLetters([again]);
    await store.removeDeadLetters("wh_a", read);
    expect((await store.deadLetters("wh_a", { limit: 10 })).letters).toEqual([again]);
  });

  test("deletes old ones in batches", async () => {
    const records = await open();
    const store = createWebhookStore(records);
    await store.addDeadLetters(Array.from({ length: 5 }, (_, seq) => letter("wh_a", "v1", seq)));
    expect(await records.write((trx) => deleteOldDeadLetters(trx, 90_003, 2))).toBe(2);
    expect(await records.write((trx) => deleteOldDeadLetters(trx, 90_003, 2))).toBe(1);
    expect((await store.deadLetters("wh_a", { limit: 10 })).letters.map(({ endedAtMs }) => endedAtMs)).toEqual([
      90_003, 90_004,
    ]);
  });
});
