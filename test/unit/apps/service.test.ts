import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import type { AppConfig } from "../../../src/apps/config.ts";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { createKeptApps } from "../../../src/apps/index.ts";
import type { Json } from "../../../src/audit/port.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { Refusal } from "../../../src/shared/refusal.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { memoryApps } from "../../support/memory-app-store.ts";

const dayMs = 86_400_000;
const bearer = (key: string) => `Bearer ${key}`;

function setting(configured: Record<string, AppConfig> = {}) {
  const clock = new ManualClock();
  const memory = memoryApps();
  const directory = createAppDirectory({ configured, clock });
  const audited: { action: string; target: string; before: Json; after: Json }[] = [];
  const removed: string[] = [];
  const kept = createKeptApps({
    ...{ directory, store: memory.store, mirror: memory.mirror, isRecording: true, keptDays: 90 },
    audit: {
      async act(act, run) {
        const { result, before = null, after = null } = await run();
        audited.push({ ...act, before, after });
        return result;
      },
    },
    problemsOf: (_, { channels = [] }) => (channels.includes("pigeon") ? ["channels[0]: no such channel"] : []),
    removeRest: async (app) => void removed.push(app),
    ...{ clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  return { clock, ...memory, directory, apps: kept.service("key 0123abcd"), fill: kept.fill, audited, removed };
}

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refusal)) throw new Error(`not refused: ${error}`);
  return `${error.code}: ${error.detail}`;
}

test("an app that was added is used at once, with what its key permits", async () => {
  const { apps, directory, clock } = setting();
  expect(await apps.create("shop", { allowed_countries: ["GB"] })).toMatchObject({
    name: "shop",
    source: "api",
    keys: [],
  });
  const key = await apps.addKey("shop", { scopes: ["lookup"], expiresAtMs: clock.nowMs() + dayMs });
  expect(key?.key).toMatch(/^or_[\w-]{43}$/);
  expect(directory.find(bearer(key?.key ?? ""))).toMatchObject({
    ...{ name: "shop", allowedCountries: ["GB"], scopes: new Set(["lookup"]), keyId: key?.id },
  });
  clock.pass(dayMs);
  expect(directory.find(bearer(key?.key ?? ""))).toBeNull();
});

test("what cannot be is refused by its reason, and changes nothing", async () => {
  const { apps, clock } = setting({ fixed: { api_keys_sha256: [] } });
  await apps.create("shop", {});
  expect(await refusal(apps.create("shop", {}))).toBe("conflict: There is an app shop already.");
  const fixed = "is defined in the configuration";
  for (const work of [apps.create("fixed", {}), apps.change("fixed", {}), apps.remove("fixed")]) {
    expect(await refusal(work)).toContain(fixed);
  }
  expect(await refusal(apps.create("other", { channels: ["pigeon"] }))).toContain("channels[0]: no such channel");
  expect(await refusal(apps.change("shop", { channels: ["pigeon"] }))).toContain("channels[0]: no such channel");
  expect(await refusal(apps.addKey("shop", { scopes: ["read"], expiresAtMs: clock.nowMs() }))).toContain(
    "in the future",
  );
  expect([await apps.find("other"), (await apps.find("shop"))?.profile]).toEqual([null, {}]);
  expect(
    await Promise.all([apps.change("no", {}), apps.remove("no"), apps.addKey("no", { scopes: [], expiresAtMs: null })]),
  ).toEqual([null, null, null]);
});

test("a changed profile keeps what was not named; null takes a key out", async () => {
  const { apps, directory } = setting();
  await apps.create("shop", { channels: ["sms"], custom_code: true, limits: { calls_per_day: 5 } });
  await apps.change("shop", { channels: null, allowed_countries: ["IE"] });
  expect((await apps.find("shop"))?.profile).toEqual({
    ...{ custom_code: true, limits: { calls_per_day: 5 }, allowed_countries: ["IE"] },
  });
  expect(directory.profileOf("shop")).toMatchObject({ channels: null, customCode: true, limits: { calls_per_day: 5 } });
});

describe("a rotation", () => {
  test("leaves the key before valid for its overlap, and not longer", async () => {
    const { apps, directory, clock } = setting();
    await apps.create("shop", {});
    const first = await apps.addKey("shop", { scopes: ["verify", "read"], expiresAtMs: null });
    const rotated = await apps.rotateKey("shop", first?.id ?? "", { overlapMs: 60_000 });
    expect(rotated?.key).toMatchObject({ scopes: ["verify", "read"], expiresAtMs: null });
    expect(rotated?.previous.expiresAtMs).toBe(clock.nowMs() + 60_000);
    const [before, after] = [bearer(first?.key ?? ""), bearer(rotated?.key.key ?? "")];
    clock.pass(59_999);
    expect([directory.find(before)?.name, directory.find(after)?.name]).toEqual(["shop", "shop"]);
    clock.pass(1);
    expect([directory.find(before), directory.find(after)?.name]).toEqual([null, "shop"]);
  });

  test("prolongs no key: an earlier end stays, and the new key lives as long as the one before was made for", async () => {
    const { apps, clock } = setting();
    await apps.create("shop", {});
    const endMs = clock.nowMs() + 10 * dayMs;
    const first = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: endMs });
    clock.pass(10 * dayMs - 1000);
    const rotated = await apps.rotateKey("shop", first?.id ?? "", { overlapMs: dayMs });
    expect(rotated?.previous.expiresAtMs).toBe(endMs);
    expect(rotated?.key.expiresAtMs).toBe(clock.nowMs() + 10 * dayMs);
  });

  test("without overlap ends the key before at once", async () => {
    const { apps, directory } = setting();
    await apps.create("shop", {});
    const first = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: null });
    await apps.rotateKey("shop", first?.id ?? "", { overlapMs: 0 });
    expect(directory.find(bearer(first?.key ?? ""))).toBeNull();
  });
});

test("an app has at most 20 keys; expired ones make room", async () => {
  const { apps, clock } = setting({ fixed: { api_keys_sha256: [apiKeyHash("k")] } });
  for (let i = 0; i < 20; i++) await apps.addKey("fixed", { scopes: ["verify"], expiresAtMs: clock.nowMs() + 1000 });
  const one = { scopes: ["verify"], expiresAtMs: null } as const;
  expect(await refusal(apps.addKey("fixed", one))).toContain("as many as it may have");
  clock.pass(1000);
  await apps.addKey("fixed", one);
  expect((await apps.find("fixed"))?.keys).toHaveLength(1);
});

test("a deleted app's keys and endpoints go at once; its name is free when its records are gone", async () => {
  const { apps, directory, removed, clock } = setting();
  await apps.create("shop", {});
  const key = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: null });
  expect((await apps.remove("shop"))?.name).toBe("shop");
  expect([directory.find(bearer(key?.key ?? "")), removed, await apps.find("shop")]).toEqual([null, ["shop"], null]);
  expect(await refusal(apps.create("shop", {}))).toContain(
    "was another app's, whose records are kept for up to 90 days",
  );
  clock.pass(90 * dayMs);
  expect(await apps.create("shop", {})).toMatchObject({ name: "shop", keys: [] });
  expect(directory.find(bearer(key?.key ?? ""))).toBeNull();
});

test("keys of an app that left the configuration do not come back with another app of its name", async () => {
  const { apps, directory } = setting({ fixed: { api_keys_sha256: [] } });
  const key = await apps.addKey("fixed", { scopes: ["verify"], expiresAtMs: null });
  directory.replaceConfigured({});
  expect(await refusal(apps.create("fixed", {}))).toContain("was another app's");
  expect(directory.find(bearer(key?.key ?? ""))).toBeNull();
});

test("every act is in the audit log with its operator; no key and no hash is", async () => {
  const { apps, audited } = setting();
  await apps.create("shop", { channels: ["sms"] });
  const key = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: null });
  const rotated = await apps.rotateKey("shop", key?.id ?? "", { overlapMs: 1000 });
  await apps.revokeKey("shop", rotated?.key.id ?? "");
  await apps.change("shop", { channels: ["push"] });
  await apps.remove("shop");
  expect(await apps.revokeKey("shop", "key_none")).toBeNull();
  expect(audited.map(({ action, target }) => `${action} ${target}`)).toEqual(
    ["app.create", "key.create", "key.rotate", "key.revoke", "app.change", "app.delete"].map(
      (one) => `${one} app shop`,
    ),
  );
  expect(audited).toMatchObject([
    { who: "key 0123abcd", after: { profile: { channels: ["sms"] } } },
    { after: { key: key?.id, scopes: ["verify"] } },
    ...[{}, {}, { before: { profile: { channels: ["sms"] } }, after: { profile: { channels: ["push"] } } }, {}],
  ]);
  const text = JSON.stringify(audited);
  for (const one of [key, rotated?.key]) {
    expect(text).not.toContain(one?.key);
    expect(text).not.toContain(one?.hash);
  }
});

test("records that are away refuse changes, and stop no key", async () => {
  const { apps, directory, away } = setting();
  await apps.create("shop", {});
  const key = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: null });
  away.records = true;
  expect(await refusal(apps.revokeKey("shop", key?.id ?? ""))).toContain("records_unavailable");
  expect(directory.find(bearer(key?.key ?? ""))?.name).toBe("shop");
  expect((await apps.find("shop"))?.keys).toHaveLength(1);
});

test("a revocation that reached records but not Redis is reported, and reaches Redis by the comparison", async () => {
  const { apps, mirrored, mirror, fill } = setting();
  await apps.create("shop", {});
  const key = await apps.addKey("shop", { scopes: ["verify"], expiresAtMs: null });
  const put = mirror.put;
  Object.assign(mirror, {
    put: async () => {
      throw new Refusal("store_unavailable", "away");
    },
  });
  expect(await refusal(apps.revokeKey("shop", key?.id ?? ""))).toContain("store_unavailable");
  expect(mirrored.get("shop")?.keys).toHaveLength(1);
  Object.assign(mirror, { put });
  await fill();
  expect(mirrored.get("shop")?.keys).toEqual([]);
});

test("pages of apps are by name, those of the configuration among them", async () => {
  const { apps } = setting({ m: { api_keys_sha256: [] } });
  for (const name of ["z", "a", "k"]) await apps.create(name, {});
  const first = await apps.list(null, 2);
  expect([first.apps.map(({ name }) => name), first.next]).toEqual([["a", "k"], "k"]);
  const second = await apps.list(first.next, 2);
  expect([second.apps.map(({ name, source }) => `${name} ${source}`), second.next]).toEqual([
    ["m configuration", "z api"],
    null,
  ]);
});

test("apps are bounded: 10,000 at once, and their names with those of deleted ones", async () => {
  const { apps, directory, clock } = setting();
  const rowOf = (name: string, deletedAtMs: number | null) => ({
    ...{ name, profile: {}, keys: [], createdAtMs: 1, updatedAtMs: 1, deletedAtMs, revision: 1 },
  });
  directory.mergeKept(Array.from({ length: 10_000 }, (_, i) => rowOf(`gone${i}`, clock.nowMs())));
  directory.mergeKept(Array.from({ length: 9999 }, (_, i) => rowOf(`app${i}`, null)));
  await apps.create("last", {});
  expect(await refusal(apps.create("more", {}))).toContain("There are 10000 apps, as many as there may be");
  directory.mergeKept([{ ...rowOf("app1", clock.nowMs()), revision: 2 }]);
  expect(await refusal(apps.create("more", {}))).toContain("There are 20000 names");
});
