/** `/v1/admin/apps`: apps and keys as operators make them. */
import { pino } from "pino";
import { expect, test } from "vitest";
import { apiKeyHash } from "../../../src/apps/api-keys.ts";
import { createAppDirectory } from "../../../src/apps/directory.ts";
import { createKeptApps } from "../../../src/apps/index.ts";
import { problemsOfProfile } from "../../../src/config/profile-problems.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { memoryApps } from "../../support/memory-app-store.ts";
import { testConfig } from "../../support/test-config.ts";
import { ask, key, operatorKey, testServer } from "./support.ts";

async function setting() {
  const clock = systemClock;
  const memory = memoryApps();
  const directory = createAppDirectory({ configured: { shop: { api_keys_sha256: [apiKeyHash(key)] } }, clock });
  const acts: string[] = [];
  const kept = createKeptApps({
    ...{ directory, store: memory.store, mirror: memory.mirror, isRecording: true, keptDays: 90 },
    audit: {
      async act(act, run) {
        acts.push(`${act.who} ${act.action}`);
        return (await run()).result;
      },
    },
    problemsOf: (name, profile) => problemsOfProfile(name, profile, testConfig()),
    removeRest: async () => undefined,
    ...{ clock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  });
  const { server, log } = await testServer({ admin: true, directory, keptApps: kept.service("key test") });
  const operator = (method: "GET" | "POST" | "PATCH" | "DELETE", path: string, body?: unknown) =>
    ask(server, method, `/v1/admin/apps${path}`, body, { authorization: `Bearer ${operatorKey}` });
  const using = (own: string) =>
    ask(server, "POST", "/v1/numbers/lookup", { number: "+447911123456" }, { authorization: `Bearer ${own}` });
  return { ...memory, server, log, operator, using, acts };
}

test("an app is added, its key used, rotated and revoked; the key is in the two answers that make one, and in no log", async () => {
  const { operator, using, log, kept, mirrored, acts } = await setting();
  const made = await operator("POST", "", { name: "web", channels: ["missed_call"], limits: { calls_per_day: 10 } });
  expect([made.status, made.headers.location]).toEqual([201, "/v1/admin/apps/web"]);
  expect(made.json()).toEqual({
    ...{ name: "web", source: "api", profile: { channels: ["missed_call"], limits: { calls_per_day: 10 } }, keys: 0 },
    ...{ configured_keys: 0, created_at: expect.any(String), updated_at: expect.any(String) },
  });
  const first = await operator("POST", "/web/keys", { scopes: ["lookup"] });
  expect([first.status, first.json()]).toEqual([
    201,
    {
      ...{ id: expect.stringMatching(/^key_[\w-]{16}$/), key: expect.stringMatching(/^or_[\w-]{43}$/) },
      ...{ scopes: ["lookup"], created_at: expect.any(String), expires_at: null },
    },
  ]);
  expect((await using(first.json().key)).status).toBe(200);
  const rotated = await operator("POST", `/web/keys/${first.json().id}/rotate`, { overlap_seconds: 60 });
  expect([rotated.status, rotated.json().previous.id]).toEqual([201, first.json().id]);
  expect([(await using(first.json().key)).status, (await using(rotated.json().key)).status]).toEqual([200, 200]);
  expect((await operator("DELETE", `/web/keys/${first.json().id}`)).status).toBe(204);
  expect((await using(first.json().key)).status).toBe(401);
  const listed = await operator("GET", "/web/keys");
  expect(listed.json().keys.map(({ id }: { id: string }) => id)).toEqual([rotated.json().id]);
  expect((await operator("DELETE", "/web")).status).toBe(204);
  expect((await using(rotated.json().key)).status).toBe(401);
  expect((await operator("GET", "/web")).status).toBe(404);
  expect(log.join("")).toContain(`"key":"${first.json().id}"`);
  expect(new Set(acts)).toEqual(
    new Set(["app.create", "key.create", "key.rotate", "key.revoke", "app.delete"].map((act) => `key test ${act}`)),
  );
  for (const secret of [first.json().key, rotated.json().key]) {
    expect(listed.text).not.toContain(secret);
    expect(log.join("")).not.toContain(secret);
    expect(JSON.stringify([...kept, ...mirrored])).not.toContain(secret);
  }
});

test("a body is checked against the keys of the configuration, and against the gateway", async () => {
  const { operator } = await setting();
  const wrong = await operator("POST", "", {
    name: "Web",
    channels: [],
    api_keys_sha256: ["x"],
    limits: { per_day: 1 },
  });
  expect([
    wrong.status,
    wrong
      .json()
      .errors.map(({ pointer }: { pointer: string }) => pointer)
      .toSorted(),
  ]).toEqual([400, ["#/api_keys_sha256", "#/channels", "#/limits/per_day", "#/name"]]);
  const unknown = await operator("POST", "", { name: "web", channels: ["pigeon"], allowed_countries: ["XX"] });
  expect([unknown.status, unknown.json().detail]).toEqual([
    400,
    expect.stringMatching(/allowed_countries\[0\].*channels\[0\]/),
  ]);
  for (const body of [{ scopes: [] }, { scopes: ["all"] }, {}, { scopes: ["read"], expires_at: "soon" }]) {
    expect((await operator("POST", "/shop/keys", body)).status).toBe(400);
  }
  const past = await operator("POST", "/shop/keys", { scopes: ["read"], expires_at: "2020-01-01T00:00:00Z" });
  expect([past.status, past.json().detail]).toEqual([400, "`expires_at` must be a time in the future."]);
  const leapSecond = await operator("POST", "/shop/keys", { scopes: ["read"], expires_at: "2090-12-31T23:59:60Z" });
  expect(leapSecond.status).toBe(400);
});

test("keys that the gateway counts on are filled in, by an addition and by a change; others stay out", async () => {
  const { operator } = await setting();
  const made = await operator("POST", "", { name: "web", caps: { deliveries_per_day: 5 } });
  expect(made.json().profile).toEqual({ caps: { deliveries_per_day: 5, countries: {} } });
  const changed = await operator("PATCH", "/web", { caps: { spend_per_day: 2 }, needs_person: false });
  expect(changed.json().profile).toEqual({ caps: { spend_per_day: 2, countries: {} }, needs_person: false });
  expect((await operator("PATCH", "/web", { caps: null })).json().profile).toEqual({ needs_person: false });
});

test("an app of the configuration is shown, gets further keys, and is changed in the file alone", async () => {
  const { operator, using } = await setting();
  const shown = await operator("GET", "/shop");
  expect(shown.json()).toMatchObject({ source: "configuration", profile: {}, configured_keys: 1, created_at: null });
  expect(shown.text).not.toContain(apiKeyHash(key));
  for (const [method, path, body] of [
    ["POST", "", { name: "shop" }],
    ["PATCH", "/shop", { channels: ["sms"] }],
    ["DELETE", "/shop", undefined],
  ] as const) {
    const answer = await operator(method, path, body);
    expect([answer.status, answer.json().code]).toEqual([409, "conflict"]);
  }
  const added = await operator("POST", "/shop/keys", { scopes: ["lookup"] });
  expect((await using(added.json().key)).status).toBe(200);
  expect((await operator("GET", "")).json()).toMatchObject({ apps: [{ name: "shop", keys: 1 }], next: null });
});

test("what is not there is 404, whatever is asked of it", async () => {
  const { operator } = await setting();
  for (const [method, path, body] of [
    ["GET", "/no", undefined],
    ["PATCH", "/no", {}],
    ["DELETE", "/no", undefined],
    ["GET", "/no/keys", undefined],
    ["POST", "/no/keys", { scopes: ["read"] }],
    ["DELETE", "/shop/keys/key_none", undefined],
    ["POST", "/shop/keys/key_none/rotate", undefined],
    ["POST", "/no/keys/key_none/rotate", {}],
  ] as const) {
    expect([method, path, (await operator(method, path, body)).status]).toEqual([method, path, 404]);
  }
});

test("an app's key, whatever its scopes, does not open it", async () => {
  const { server } = await setting();
  for (const [method, path] of [
    ["GET", ""],
    ["POST", ""],
    ["POST", "/shop/keys"],
  ] as const) {
    expect((await ask(server, method, `/v1/admin/apps${path}`, method === "POST" ? {} : undefined)).status).toBe(401);
  }
});

test("changes that records cannot take are refused with 503; keys go on", async () => {
  const { operator, using, away } = await setting();
  const { key: own, id } = (await operator("POST", "/shop/keys", { scopes: ["lookup"] })).json();
  away.records = true;
  const refused = await operator("DELETE", `/shop/keys/${id}`);
  expect([refused.status, refused.json().code]).toEqual([503, "records_unavailable"]);
  expect((await using(own)).status).toBe(200);
});
