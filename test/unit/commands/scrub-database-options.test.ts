import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { isAboutDatabase, readDatabaseOptions, readDatabaseUrl } from "../../../src/commands/scrub-database-options.ts";

const table = { postgres: true, table: "crm.users", column: "phone", out: "out" };

test("reads a run, dry unless --apply says what to do", () => {
  expect(readDatabaseOptions([], table)).toMatchObject({
    ...{ act: "clean", database: "postgres", table: { schema: "crm", name: "users" }, column: "phone" },
    ...{ actions: null, watch: null, rowsPerSecond: null, batchRows: 200 },
  });
  const all = { ...table, apply: "delete", duplicates: true, rate: "500", watch: true, "updated-column": "changed_at" };
  expect(readDatabaseOptions([], all)).toMatchObject({
    ...{ actions: { reject: { kind: "delete" }, duplicates: true }, rowsPerSecond: 500 },
    watch: { updatedColumn: "changed_at", gateway: null },
  });
  const watching = { ...table, apply: "delete", watch: true, gateway: "https://onering.example" };
  expect(readDatabaseOptions([], watching)).toMatchObject({ watch: { gateway: "https://onering.example" } });
  expect(readDatabaseOptions([], { undo: "out" })).toMatchObject({ act: "undo", folder: "out" });
  expect([table, { undo: "x" }, { column: "x", out: "y" }].map(isAboutDatabase)).toEqual([true, true, false]);
});

test("a FILE beside a table is refused", () => {
  expect(readDatabaseOptions(["list.csv"], table)).toEqual({ wrong: expect.stringMatching(/not both/) });
});

test.each([
  [{ mysql: true }, /not both/],
  [{ column: undefined }, /needs --table and --column/],
  [{ out: undefined }, /needs --out DIR/],
  [{ rate: "0" }, /--rate must be a whole number/],
  [{ batch: "a" }, /--batch must be a whole number/],
  [{ watch: true }, /--watch needs --apply/],
  [{ gateway: "http://x" }, /go with --watch/],
  [{ watch: true, apply: "set-null", gateway: "localhost:8080" }, /--gateway must be an address such as http/],
  [{ duplicates: true }, /--duplicates needs --apply/],
  [{ table: "a.b.c" }, /is no table name/],
  [{ format: "csv" }, /--format goes with a FILE/],
  [{ postgres: undefined }, /needs --postgres or --mysql/],
  [{ apply: "wipe" }, /must be flag=COLUMN/],
])("%j is refused", (more, message) => {
  const values = Object.fromEntries(Object.entries({ ...table, ...more }).filter(([, value]) => value !== undefined));
  expect(readDatabaseOptions([], values)).toEqual({ wrong: expect.stringMatching(message) });
});

test("the address comes from the environment, or from a file that others cannot read", async () => {
  const url = "postgres://u:secret@127.0.0.1/db";
  expect(await readDatabaseUrl(null, { ONERING_SCRUB_DATABASE_URL: url })).toBe(url);
  await expect(readDatabaseUrl(null, {})).rejects.toThrow(/set ONERING_SCRUB_DATABASE_URL/);
  const folder = await mkdtemp(path.join(tmpdir(), "onering-url-"));
  try {
    const file = path.join(folder, "url");
    await writeFile(file, `${url}\n`, { mode: 0o600 });
    expect(await readDatabaseUrl(file, {})).toBe(url);
    await chmod(file, 0o644);
    await expect(readDatabaseUrl(file, {})).rejects.toThrow(/can be read by others: chmod 600/);
    await chmod(file, 0o600);
    await writeFile(file, "first line\nsecond");
    await expect(readDatabaseUrl(file, {})).rejects.toThrow(/must hold one address/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
