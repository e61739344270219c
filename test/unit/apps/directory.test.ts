import { expect, test } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { allScopes } from "../../../src/apps/scopes.ts";
import type { AppRow, KeyRow } from "../../../src/apps/types.ts";
import { cpuTimeMs } from "../../support/cpu-time.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const bearer = (key: string) => `Bearer ${key}`;
const keyRow = (key: string, changed: Partial<KeyRow> = {}): KeyRow => ({
  ...{ id: `key_${key}`, hash: apiKeyHash(key), scopes: ["verify"], createdAtMs: 0, expiresAtMs: null },
  ...changed,
});
const row = (name: string, changed: Partial<AppRow> = {}): AppRow => ({
  ...{
    name,
    profile: {},
    keys: [keyRow(`of ${name}`)],
    createdAtMs: 0,
    updatedAtMs: 0,
    deletedAtMs: null,
    revision: 1,
  },
  ...changed,
});

function setting(configured: Parameters<typeof createAppDirectory>[0]["configured"] = {}) {
  const clock = new ManualClock();
  return { clock, directory: createAppDirectory({ configured, clock }) };
}

test("finds the app of a key; a key of the configuration permits everything, unless it says less", () => {
  const { directory } = setting({
    shop: { api_keys_sha256: [apiKeyHash("k1"), apiKeyHash("k2")], allowed_countries: ["GB"] },
    dashboard: { api_keys_sha256: [apiKeyHash("k3")], key_scopes: ["read"] },
  });
  const shop = { name: "shop", allowedCountries: ["GB"], scopes: allScopes, keyId: null, client: null };
  expect([directory.find(bearer("k1")), directory.find("bEARER k2")]).toMatchObject([shop, shop]);
  expect(directory.find(bearer("k3"))?.scopes).toEqual(new Set(["read"]));
  for (const wrong of [undefined, "", "Bearer ", "Bearer k4", "Basic k1", "k1", `Bearer ${"k".repeat(600)}`]) {
    expect(directory.find(wrong), String(wrong)).toBeNull();
  }
});

test("two apps of the configuration with one key are refused, also where they come by a reload, which then changes nothing", () => {
  const both = { a: { api_keys_sha256: [apiKeyHash("k")] }, b: { api_keys_sha256: [apiKeyHash("k")] } };
  expect(() => setting(both)).toThrow("apps a and b have the same API key");
  const { directory } = setting({ a: both.a });
  expect(() => directory.replaceConfigured(both)).toThrow("same API key");
  expect(directory.names()).toEqual(["a"]);
});

test("a kept app's key has its own scopes and ends in time, to the millisecond; who waits for changes is told", () => {
  const { directory, clock } = setting();
  let changes = 0;
  directory.onChange(() => changes++);
  const endMs = clock.nowMs() + 1000;
  directory.mergeKept([row("shop", { keys: [keyRow("k", { scopes: ["verify", "read"], expiresAtMs: endMs })] })]);
  expect(directory.find(bearer("k"))).toMatchObject({
    ...{ name: "shop", allowedCountries: null, scopes: new Set(["verify", "read"]), keyId: "key_k", client: null },
  });
  clock.pass(999);
  directory.expire();
  expect([directory.find(bearer("k"))?.name, changes]).toEqual(["shop", 1]);
  clock.pass(1);
  expect(directory.find(bearer("k"))).toBeNull();
  directory.expire();
  directory.expire();
  expect(changes).toBe(2);
});

test("of two rows of an app the greater revision holds, so that no copy brings a revoked key or a deleted app back", () => {
  const { directory } = setting();
  directory.mergeKept([row("shop", { keys: [keyRow("k1"), keyRow("k2")] })]);
  directory.mergeKept([row("shop", { keys: [keyRow("k2")], revision: 2 })]);
  directory.mergeKept([row("shop", { keys: [keyRow("k1"), keyRow("k2")] })]);
  expect([directory.find(bearer("k1")), directory.find(bearer("k2"))?.name]).toEqual([null, "shop"]);
  directory.mergeKept([row("shop", { keys: [], deletedAtMs: 5, revision: 3 })]);
  directory.mergeKept([row("shop", { keys: [keyRow("k2")], revision: 2 })]);
  expect([directory.find(bearer("k2")), directory.exists("shop"), directory.size]).toEqual([null, false, 0]);
  expect([directory.names(), directory.owners()]).toEqual([[], ["shop"]]);
});

test("of an app that is gone nothing new may begin, whatever has begun", () => {
  const { directory } = setting({ shop: { api_keys_sha256: [], channels: ["sms"] } });
  expect(directory.profileOf("shop").channels).toEqual(["sms"]);
  directory.replaceConfigured({});
  expect(directory.profileOf("shop").channels).toEqual([]);
});

test("an app of the configuration may have further keys, and takes them along when it leaves the configuration", () => {
  const { directory } = setting({ shop: { api_keys_sha256: [apiKeyHash("k1")] } });
  directory.mergeKept([row("shop", { profile: null, keys: [keyRow("k2", { scopes: ["lookup"] })] })]);
  expect(directory.find(bearer("k2"))?.scopes).toEqual(new Set(["lookup"]));
  expect(directory.entry("shop")).toMatchObject({
    source: "configuration",
    configuredKeys: 1,
    keys: [{ id: "key_k2" }],
  });
  directory.replaceConfigured({});
  expect([directory.find(bearer("k1")), directory.find(bearer("k2")), directory.entry("shop")]).toEqual([
    null,
    null,
    null,
  ]);
});

test("of 10,000 apps one changes without a pause that a ringing phone would notice", () => {
  const { directory } = setting();
  directory.mergeKept(Array.from({ length: 10_000 }, (_, i) => row(`app${i}`)));
  const tookMs = cpuTimeMs(() => {
    for (let revision = 2; revision < 102; revision++) directory.mergeKept([row("app77", { revision })]);
  });
  // 100 in some 3 ms; building all anew took 12 s.
  expect(tookMs).toBeLessThan(500);
  expect([directory.find("Bearer of app77")?.name, directory.size]).toEqual(["app77", 10_000]);
});

test("names that every object has are no apps", () => {
  const { directory } = setting();
  expect([directory.exists("constructor"), directory.entry("constructor"), directory.entry("__proto__")]).toEqual([
    ...[false, null, null],
  ]);
});

test("a request costs one look into a map, however many apps there are", () => {
  const { directory } = setting();
  directory.mergeKept(Array.from({ length: 10_000 }, (_, i) => row(`app${i}`)));
  const measure = () => {
    const beganMs = performance.now();
    for (let i = 0; i < 2000; i++) directory.find("Bearer of app9999");
    return performance.now() - beganMs;
  };
  measure();
  // 2,000 in some 5 ms; a search over all apps would take seconds.
  expect(measure()).toBeLessThan(500);
  expect(directory.find("Bearer of app9999")?.name).toBe("app9999");
});
