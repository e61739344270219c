/** The store of apps and keys, the same on both backends. */
import { expect, test } from "vitest";
import type { AppRow, KeyRow } from "../../../src/apps/types.ts";
import { createAppStore } from "../../../src/records/apps.ts";
import { describeOnBothBackends } from "../../support/records.ts";

const atMs = 1_772_366_400_000;
const key = (id: string, changed: Partial<KeyRow> = {}): KeyRow => ({
  ...{ id, hash: `hash of ${id}`, scopes: ["verify", "read"], createdAtMs: atMs, expiresAtMs: null },
  ...changed,
});
const row = (name: string, changed: Partial<AppRow> = {}): AppRow => ({
  ...{ name, profile: { channels: ["sms"], custom_code: true }, keys: [key(`key_${name}`)] },
  ...{ createdAtMs: atMs, updatedAtMs: atMs + 1, deletedAtMs: null, revision: 0 },
  ...changed,
});

describeOnBothBackends("the app store", (open) => {
  test("keeps an app with its keys, and each change one revision later", async () => {
    const store = createAppStore(await open());
    expect(await store.app("shop")).toBeNull();
    const first = await store.update("shop", (before) => {
      expect(before).toBeNull();
      return row("shop");
    });
    expect(first).toEqual(row("shop", { revision: 1 }));
    const keys = [key("key_b", { expiresAtMs: atMs + 5, scopes: ["lookup"] }), key("key_c")];
    const second = await store.update("shop", (before) => ({ ...(before as AppRow), keys, profile: null }));
    expect(second).toEqual(row("shop", { keys, profile: null, revision: 2 }));
    expect(await store.app("shop")).toEqual(second);
    const deleted = await store.update("shop", (before) => ({
      ...(before as AppRow),
      keys: [],
      deletedAtMs: atMs + 9,
    }));
    expect(await store.app("shop")).toEqual(deleted);
    expect(await store.revisions()).toEqual(new Map([["shop", 3]]));
  });

  test("what a change throws is thrown, and nothing is kept of it", async () => {
    const store = createAppStore(await open());
    const no = new Error("no");
    const refuse = () => {
      throw no;
    };
    await expect(store.update("shop", refuse)).rejects.toBe(no);
    expect([await store.app("shop"), await store.revisions()]).toEqual([null, new Map()]);
  });

  test("changes at once follow each other, of an app that is there and of one that is not: no key is lost", async () => {
    const records = await open();
    // As two gateways on one PostgreSQL.
    const stores = [createAppStore(records), createAppStore(records)];
    const add = (at: number) =>
      stores[at % 2]?.update("shop", (before) => {
        const known = before ?? row("shop", { keys: [] });
        return { ...known, keys: [...known.keys, key(`key_${String(at).padStart(2, "0")}`)] };
      });
    await Promise.all(Array.from({ length: 12 }, (_, at) => add(at)));
    const kept = await stores[0]?.app("shop");
    expect([kept?.keys.length, kept?.revision]).toEqual([12, 12]);
  });

  test("takes a copy where its revision is greater, and goes on above one that a caller knows of", async () => {
    const store = createAppStore(await open());
    await store.put(row("shop", { revision: 7 }));
    await store.put(row("shop", { revision: 7, keys: [] }));
    await store.put(row("shop", { revision: 6, keys: [] }));
    expect(await store.app("shop")).toEqual(row("shop", { revision: 7 }));
    const changed = await store.update("shop", (before) => ({ ...(before as AppRow), revision: 40 }));
    expect(changed.revision).toBe(41);
  });

  test("a hash belongs to one key", async () => {
    const store = createAppStore(await open());
    await store.update("shop", () => row("shop"));
    await expect(
      store.update("bank", () => row("bank", { keys: [key("key_x", { hash: "hash of key_shop" })] })),
    ).rejects.toThrow();
    expect(await store.app("bank")).toBeNull();
  });

  test("knows the revisions of 2,500 apps", async () => {
    const records = await open();
    const store = createAppStore(records);
    const rows = Array.from({ length: 2500 }, (_, i) => ({
      ...{ name: `app${String(i).padStart(4, "0")}`, profile: null, created_at: 1, updated_at: 1, deleted_at: null },
      revision: i + 1,
    }));
    await records.write(async (trx) => {
      for (let i = 0; i < rows.length; i += 500)
        await trx
          .insertInto("apps")
          .values(rows.slice(i, i + 500))
          .execute();
    });
    const found = await store.revisions();
    expect([found.size, found.get("app0000"), found.get("app2499")]).toEqual([2500, 1, 2500]);
  });
});
