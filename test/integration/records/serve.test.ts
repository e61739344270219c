/** `onering serve` with its records in a SQLite file, as an operator runs it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { onering, type RunningCommand } from "../../support/command.ts";
import { gatewayClient, gatewayDocument } from "../../support/gateway.ts";
import { isAlive } from "../../support/is-alive.ts";
import { withRuntime } from "../../support/processes.ts";

const runtime = withRuntime();
// No Asterisk: nothing listens there.
const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
const asterisk = { ari: nothing, ami: nothing } as unknown as AsteriskServer;
const running: RunningCommand[] = [];
let folder = "";
let redisUrl = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-serve-"));
  redisUrl = (await runtime.redis()).url;
});
afterAll(async () => {
  for (const { child } of running) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

const serve = (file: string) => serveWith(file, { url: `sqlite:${path.join(folder, file)}` });

async function serveWith(name: string, records: Record<string, unknown>, level = "info"): Promise<RunningCommand> {
  const config = path.join(folder, `${name}.yaml`);
  const document = gatewayDocument({ redisUrl, asterisk, config: { records, log: { level } } });
  await writeFile(config, stringify(document).replaceAll(/"(\d+)"/g, "$1"));
  const command = onering("serve", "--config", config);
  running.push(command);
  return command;
}
const url = async (command: RunningCommand) => (await command.says(/"url":"(http:[^"]+)"/))[1] ?? "";
const children = async ({ child }: RunningCommand) =>
  (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8"))
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);

describe("serve with a SQLite file", () => {
  test("the second gateway on the same Redis exits with 1 and names the first; Ctrl+C and a crash leave no process behind", async () => {
    const first = await serve("first.sqlite");
    const base = await url(first);
    const { json, status } = await gatewayClient(base).get("/readyz");
    // Without a trunk it is not ready; with its records it has nothing to do.
    expect([status, json.records]).toEqual([503, { backend: "sqlite", up: true }]);
    const { text } = await gatewayClient(base).get("/metrics");
    expect(text).toContain('onering_records_up{backend="sqlite"} 1');

    const second = await serve("second.sqlite");
    expect(await second.exitCode()).toBe(1);
    const line = second.output().trim().split("\n").at(-1) ?? "";
    expect(line).toContain(`another gateway on this Redis records to the SQLite file ${folder}/first.sqlite`);
    // Refused before it touched a file.
    await expect(readFile(path.join(folder, "second.sqlite"))).rejects.toThrow(/ENOENT/);

    // As a terminal does: to every process of the group, SQLite's too.
    const ofSqlite = await children(first);
    expect(ofSqlite.length).toBeGreaterThan(0);
    for (const pid of [...ofSqlite, first.child.pid ?? 0]) process.kill(pid, "SIGINT");
    expect(await first.exitCode()).toBe(0);
    for (const pid of ofSqlite) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect(first.output()).not.toMatch(/records are away/);

    const third = await serve("first.sqlite");
    await url(third);
    const database = new DatabaseSync(path.join(folder, "first.sqlite"), { readOnly: true });
    expect(database.prepare("select count(*) as events from events").get()).toEqual({ events: 0 });
    database.close();
    const left = await children(third);
    third.child.kill("SIGKILL");
    // SQLite's process ends with a gateway that was killed.
    await expect.poll(() => left.filter((pid) => isAlive(pid))).toEqual([]);
  });
});

test("PostgreSQL that is away: the gateway starts and says so, and its password is in no log, answer or metric", async () => {
  const password = "s3xY-pass-of-pg";
  const gateway = await serveWith("away", { url: `postgres://onering:${password}@127.0.0.1:1/onering` }, "debug");
  await gateway.says(/records are away/);
  const client = gatewayClient(await url(gateway));
  const { json } = await client.get("/readyz");
  expect(json.records).toEqual({ backend: "postgres", up: false });
  const said = [gateway.output(), JSON.stringify(json), (await client.get("/metrics")).text].join("\n");
  expect(said).toContain('"records":"PostgreSQL database onering on 127.0.0.1:1"');
  expect(said).toMatch(/"why":"ECONNREFUSED/);
  expect(said).toContain('onering_records_up{backend="postgres"} 0');
  expect(said).not.toContain(password);
});
