/** `onering migrate` and what `doctor` says of records, as an operator runs them. */
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { type Finding, fail, hint, ok, warn } from "../../../src/doctor/finding.ts";
import { examineRecords, examineRecordsConfig } from "../../../src/records/doctor.ts";
import { migrations } from "../../../src/records/migrations/index.ts";
import { run } from "../../support/command.ts";
import { describeOnBothBackends, recordsConfig } from "../../support/records.ts";
import { leastConfig } from "../../support/test-config.ts";

const main = path.join(import.meta.dirname, "../../../dist/main.js");
const say = { ok, hint, warn, fail };
const names = migrations.map(({ name }) => name).join(", ");
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "onering-records-commands-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function migrate(url: string, ...options: string[]): Promise<{ code: number | null; output: string }> {
  const file = path.join(folder, "onering.yaml");
  await writeFile(file, stringify({ ...leastConfig(), records: { url, migrate: "by_command" } }));
  const command = run(process.execPath, main, "migrate", "--config", file, ...options);
  return { code: await command.exitCode(), output: command.output() };
}
const examine = (url: string, own: object = {}): Promise<Finding[]> =>
  examineRecords({ ...recordsConfig(url), ...own }, say);
const lines = (findings: readonly Finding[]) => findings.map(({ level, what }) => `${level} ${what}`);

describeOnBothBackends("onering migrate and doctor", (open) => {
  const where = (url: string) =>
    open.backend === "sqlite"
      ? `SQLite file ${url.slice("sqlite:".length)}`
      : `PostgreSQL database ${url.split("/").at(-1)} on 127.0.0.1:${open.postgres().port}`;

  test("says what is missing, applies it, and finds nothing more to do", async () => {
    const url = await open.newUrl();
    const missing = await examine(url, { migrate: "by_command" });
    expect(lines(missing).at(-1)).toBe(`fail Records: ${where(url)}: lacks ${names}`);
    expect(missing.at(-1)?.fix).toBe("Make a backup, then run `onering migrate --config FILE`.");
    expect(lines(await examine(url)).at(-1)).toBe(
      `ok Records: ${where(url)}: lacks ${names}, which the gateway applies at its start`,
    );
    expect(await migrate(url, "--dry-run")).toEqual({ code: 1, output: `${where(url)}: would apply ${names}\n` });
    if (open.backend === "sqlite") await expect(stat(url.slice(7))).rejects.toThrow(/ENOENT/);
    expect(await migrate(url)).toEqual({ code: 0, output: `${where(url)}: applied ${names}\n` });
    expect(await migrate(url)).toEqual({ code: 0, output: `${where(url)}: up to date\n` });
    expect(await migrate(url, "--dry-run")).toEqual({ code: 0, output: `${where(url)}: up to date\n` });
    const version = open.backend === "sqlite" ? [] : [expect.stringMatching(/^ok Records: .*: version \d+\.\d+$/)];
    expect(lines(await examine(url))).toEqual([
      ...version,
      `ok Records: ${where(url)}: its tables are this version's, and can be written`,
    ]);
  });

  test("refuses what a newer release has changed", async () => {
    const url = await open.newUrl();
    await open({ url, migrations: [...migrations, { name: "9001-later", up: async () => undefined }] });
    const { code, output } = await migrate(url);
    expect([code, output]).toEqual([1, expect.stringContaining("changed by a newer OneRing (9001-later)")]);
    expect(lines(await examine(url)).at(-1)).toBe(
      `fail Records: ${where(url)}: changed by a newer OneRing (9001-later)`,
    );
  });

  if (open.backend === "postgres") {
    test("a wrong password, a missing database, a server that is gone: each is named, none with the password", async () => {
      const url = await open.newUrl();
      const { password, port } = open.postgres();
      const wrong = url.replace(password, "wrong-one-99");
      expect(lines(await examine(wrong))).toEqual([`fail Records: ${where(url)}: refuses the user or password`]);
      const { code, output } = await migrate(wrong);
      expect([code, output]).toEqual([1, expect.stringContaining("28P01 password authentication failed")]);
      expect(output).not.toMatch(/wrong-one-99/);
      const absent = url.replace(/records_\d+$/, "absent");
      expect(lines(await examine(absent))[0]).toMatch(/: the database does not exist$/);
      const gone = url.replace(String(port), "1");
      expect(lines(await examine(gone))[0]).toMatch(/: cannot be opened \(ECONNREFUSED/);
      expect(JSON.stringify(await examine(gone))).not.toContain(password);
    });

    test("a user who may only read is named", async () => {
      const { url } = await open();
      const { port, ask } = open.postgres();
      await ask(
        url,
        "create role reader login password 'reads-9f2c'; grant select on all tables in schema public to reader",
      );
      const reader = `postgres://reader:reads-9f2c@127.0.0.1:${port}/${url.split("/").at(-1)}`;
      expect(lines(await examine(reader)).at(-1)).toMatch(/^fail .*: the user may not insert into and delete from/);
    });
  } else {
    test("a folder that is absent, one that is not writable, a file that is no database: each is named", async () => {
      const absent = await examine(`sqlite:${folder}/absent/records.sqlite`);
      expect(absent).toMatchObject([{ level: "fail", what: expect.stringMatching(/\/absent does not exist$/) }]);
      await writeFile(path.join(folder, "text"), "not a database, but long enough to be looked at ".repeat(50));
      expect(lines(await examine(`sqlite:${folder}/text`))[0]).toMatch(/: is no SQLite database \(SQLITE_NOTADB/);
      expect((await migrate(`sqlite:${folder}/text`)).output).toMatch(/SQLITE_NOTADB/);
      const locked = path.join(folder, "locked");
      await mkdir(locked);
      await chmod(locked, 0o500);
      // Root may write everywhere.
      if (process.getuid?.() !== 0) {
        expect(lines(await examine(`sqlite:${locked}/a`))[0]).toMatch(/is not writable \(EACCES\)$/);
      }
    });
  }
});

describe("doctor on records", () => {
  test("off is said", async () => {
    expect(lines(await examine("off"))).toEqual(["hint Records: off, nothing is recorded"]);
    expect(await migrate("off")).toEqual({ code: 0, output: "off: nothing to migrate (records.url)\n" });
  });

  test("a connection to another host without TLS is warned of", () => {
    const warnings = (url: string) => examineRecordsConfig(recordsConfig(url), say).map(({ what }) => what);
    expect(warnings("postgres://u:pass-word-1@db.internal/onering")).toEqual([
      "Records: the connection to PostgreSQL on db.internal is not encrypted",
    ]);
    for (const host of [
      "db.internal/onering?sslmode=verify-full",
      "127.0.0.1/onering",
      "/onering?host=/run/postgresql",
    ]) {
      expect(warnings(`postgres://u:pass-word-1@${host}`)).toEqual([]);
    }
  });
});
