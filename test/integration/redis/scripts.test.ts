/** Each assembled script as Redis reads it: SCRIPT LOAD and FUNCTION LOAD compile it and check its first line. */
import { readdirSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageMachine } from "../../../src/channels/messages/machine.ts";
import { loadScripts, loadVerificationScripts } from "../../../src/redis/scripts.ts";
import { withRuntime } from "../../support/processes.ts";
import { settings } from "../verification/world.ts";

const runtime = withRuntime();
let redis: Redis;

beforeAll(async () => {
  redis = new Redis((await runtime.redis()).url);
});
afterAll(() => redis.quit());

/** Every folder of src/channels that has scripts, as a channel of that name. */
const source = new URL("../../../src/channels/", import.meta.url);
const channels = readdirSync(source, { recursive: true, encoding: "utf8" })
  .map((file) => /^([\w-]+)\/lua\/(\w+)\.lua$/.exec(file))
  .filter((found) => found !== null)
  .map(([file, folder = "", script = ""]) => ({
    name: folder.replaceAll("-", "_"),
    machine: messageMachine,
    scripts: { [script]: new URL(file, source) },
  }));
const assembled = (apps: number) => [
  ...loadScripts(),
  ...[false, true].flatMap((perShard) =>
    [...loadVerificationScripts({ verification: settings, apps }, channels, { perShard, maxEntries: 1000 })].map(
      ([name, text]) => [perShard ? `${name} in a cluster` : name, text] as const,
    ),
  ),
];

it("finds the channels that have scripts", () => {
  expect(channels.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["missed_call", "call_in", "messages", "voice"]),
  );
});

describe.each([
  ["one app", 1],
  ["several apps", 2],
])("of a gateway for %s", (_title, apps) => {
  it.each(assembled(apps))("%s compiles", async (_name, { script, library }) => {
    await expect(redis.script("LOAD", script)).resolves.toMatch(/^[0-9a-f]{40}$/);
    await expect(redis.call("FUNCTION", "LOAD", "REPLACE", library.text)).resolves.toBe(library.name);
  });
});
