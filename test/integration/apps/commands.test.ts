/** `onering apps` and `onering keys` as an operator runs them, beside a gateway's view of Redis. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { createAppStore } from "../../../src/records/apps.ts";
import { run } from "../../support/command.ts";
import { withRuntime } from "../../support/processes.ts";
import { describeOnBothBackends } from "../../support/records.ts";
import { leastConfig } from "../../support/test-config.ts";
import { knownApps } from "./known-apps.ts";

const main = path.join(import.meta.dirname, "../../../dist/main.js");
const runtime = withRuntime();
let redisUrl = "";
let folder = "";

beforeAll(async () => {
  redisUrl = (await runtime.redis()).url;
  folder = await mkdtemp(path.join(tmpdir(), "onering-apps-"));
});
beforeEach(async () => {
  const redis = new Redis(redisUrl);
  await redis.flushall();
  redis.disconnect();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function withConfig(recordsUrl: string, redis = redisUrl) {
  const file = path.join(folder, "onering.yaml");
  const document = { ...leastConfig(), redis: { url: redis }, records: { url: recordsUrl } };
  await writeFile(file, stringify(document));
  return async (...words: string[]) => {
    const command = run(process.execPath, main, ...words, "--config", file);
    const code = await command.exitCode();
    const output = command.output();
    return { code, output, json: () => JSON.parse(output) };
  };
}

describeOnBothBackends("onering apps and keys", (open) => {
  it("add an app and a key that gateways know, beside a gateway that has the records open", async () => {
    const records = await open();
    const onering = await withConfig(records.url);
    const profile = path.join(folder, "profile.yaml");
    await writeFile(profile, "channels: [missed_call]\nlimits:\n  calls_per_day: 500\n");
    const added = await onering("apps", "add", "web", "--profile", profile, "--json");
    expect([added.code, added.json()]).toMatchObject([
      0,
      { name: "web", source: "api", profile: { channels: ["missed_call"], limits: { calls_per_day: 500 } } },
    ]);
    const first = (
      await onering("keys", "add", "web", "--scopes", "verify,lookup", "--expires", "2090-01-01", "--json")
    ).json();
    expect(first).toMatchObject({ scopes: ["verify", "lookup"], expires_at: "2090-01-01T00:00:00.000Z" });
    const known = await knownApps(redisUrl);
    expect(known.find(`Bearer ${first.key}`)).toMatchObject({ name: "web", keyId: first.id });
    if (open.backend === "postgres") return known.close();

    const rotated = (await onering("keys", "rotate", "web", first.id, "--overlap", "0", "--json")).json();
    const listed = await onering("keys", "list", "web");
    expect(listed.output).toContain(rotated.id);
    expect(listed.output).not.toMatch(/or_/);
    expect((await onering("keys", "revoke", "web", rotated.id)).output).toBe(`revoked ${rotated.id}\n`);
    await known.refresh();
    for (const { key } of [first, rotated]) expect(known.find(`Bearer ${key}`)).toBeNull();
    expect((await onering("apps", "remove", "web")).code).toBe(0);
    expect((await createAppStore(records).app("web"))?.deletedAtMs).not.toBeNull();
    const configured = await onering("apps", "remove", "shop");
    expect([configured.code, configured.output]).toEqual([
      1,
      expect.stringContaining("is defined in the configuration: remove it there"),
    ]);
    await known.close();
  }, 120_000);
});

it("make no new file where there are no records, and say where to run them", async () => {
  const onering = await withConfig(`sqlite:${path.join(folder, "elsewhere.sqlite")}`);
  const answer = await onering("apps", "add", "web");
  expect([answer.code, answer.output]).toEqual([
    1,
    expect.stringMatching(/lacks 0001-events.*gateway's working directory/),
  ]);
});
