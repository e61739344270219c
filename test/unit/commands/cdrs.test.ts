/** `onering cdrs` as an operator runs it: the source is run by this Node, on files of records. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import type { AsteriskServer } from "../../../src/local/asterisk/asterisk.ts";
import { createCdrWriter } from "../../../src/records/cdr/write.ts";
import { createRecords } from "../../../src/records/records.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { cdrsOf, delivery, idOf, noon, verification } from "../../support/cdrs.ts";
import { gatewayDocument } from "../../support/gateway.ts";
import { recordsConfig } from "../../support/records.ts";

const main = path.join(import.meta.dirname, "../../../src/main.ts");
const folder = mkdtempSync(path.join(tmpdir(), "onering-cdrs-"));
const nothing = { url: "http://127.0.0.1:9", host: "127.0.0.1", port: 9, user: "nobody", password: "not-used-here" };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Twelve records, one an hour, every third of the app `bank`. */
beforeAll(async () => {
  const url = `sqlite:${path.join(folder, "records.sqlite")}`;
  const parts = { clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) };
  const records = createRecords({ config: recordsConfig(url), ...parts });
  await records.start();
  const writer = createCdrWriter(cdrsOf, "sqlite");
  const ended = Array.from({ length: 12 }, (_, hour) =>
    verification({
      ...{ id: idOf(hour), app: hour % 3 === 0 ? "bank" : "shop" },
      deliveries: [delivery({ startedAtMs: noon + hour * 3_600_000 })],
    }),
  );
  await records.write((transaction) => writer.write(transaction, ended));
  await records.close();
});

function onering(url: string, ...args: string[]) {
  const config = path.join(folder, "onering.yaml");
  const parts = {
    redisUrl: "redis://127.0.0.1:9",
    asterisk: { ari: nothing, ami: nothing } as unknown as AsteriskServer,
  };
  const document = gatewayDocument({ ...parts, config: { records: { url } } });
  writeFileSync(config, stringify(document).replaceAll(/"(\d+)"/g, "$1"));
  const command = [main, "cdrs", "--config", config, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
  return { status, stdout, stderr };
}
const whole = `sqlite:${path.join(folder, "records.sqlite")}`;

test("writes all records to standard output, and how many to standard error", () => {
  const { status, stdout, stderr } = onering(whole);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "12 records\n" });
  expect(stdout.trimEnd().split("\r\n")).toHaveLength(13);
});

test("of one app, in a time, as NDJSON", () => {
  const times = ["--from", "2026-11-02T13:00:00Z", "--to", "2026-11-02T20:00:00+01:00"];
  const { status, stdout } = onering(whole, "--app", "bank", "--format", "ndjson", ...times);
  expect(status).toBe(0);
  const records = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(records.map((record) => record.verification)).toEqual([idOf(6), idOf(3)]);
});

test("a file is for its owner alone, also where one of that name was for all", () => {
  const out = path.join(folder, "out.csv");
  writeFileSync(out, "old");
  chmodSync(out, 0o644);
  expect(onering(whole, "--out", out)).toEqual({ status: 0, stdout: "", stderr: "12 records\n" });
  expect(statSync(out).mode & 0o777).toBe(0o600);
  expect(readFileSync(out, "utf8").split("\r\n")).toHaveLength(14);
  expect(existsSync(`${out}.part`)).toBe(false);
});

describe("says what is wrong, and creates nothing", () => {
  const missing = path.join(folder, "missing.sqlite");
  const empty = path.join(folder, "empty.sqlite");
  const out = path.join(folder, "none.csv");
  beforeAll(() => writeFileSync(empty, ""));

  test.each<[string, string, string]>([
    ["no file of records", `sqlite:${missing}`, "SQLITE_CANTOPEN"],
    ["a file without tables", `sqlite:${empty}`, "run onering migrate"],
    ["records that are off", "off", "records.url is off"],
    ["a database that is away", "postgres://onering:kU8wqZ3n-only-here@127.0.0.1:9/onering", "ECONNREFUSED"],
  ])("%s", (_what, url, message) => {
    const { status, stdout, stderr } = onering(url, "--out", out);
    expect(status).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).not.toContain("kU8wqZ3n");
    for (const file of [missing, out, `${out}.part`]) expect(existsSync(file)).toBe(false);
  });

  test.each([
    [["--format", "xml"], '--format must be csv or ndjson, not "xml"'],
    [["--from", "2026-13-01"], "--from must be a time such as"],
    [["--to", "yesterday"], "--to must be a time such as"],
  ])("%j", (args, message) => {
    const { status, stderr } = onering(whole, ...args);
    expect(status).toBe(64);
    expect(stderr).toContain(message);
  });
});
