/** Cleaning a table on real PostgreSQL and MariaDB: with writers beside, killed and resumed, undone. */
import { randomInt } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openTable } from "../../../src/numbers/cleaning/database/open.ts";
import type { Key, ReadRow } from "../../../src/numbers/cleaning/database/ports.ts";
import { type Asking, runClean, runUndo } from "../../support/customers/clean.ts";
import { type Client, type CustomerServer, kinds, startServer } from "../../support/customers/database.ts";
import { allUsers, createUsers } from "../../support/customers/table.ts";
import { runTrial } from "../../support/customers/trial.ts";

/** Columns of a key, and the values of row `i`. */
const keyTypes = {
  postgres: [
    ["id uuid primary key", "md5(i::text)::uuid"],
    [
      'word varchar(20) collate "en-x-icu", n smallint, primary key (word, n)',
      "(array['a', 'B', 'É', 'e', 'Z', 'ß'])[1 + i % 6] || i / 20, i",
    ],
    ["at timestamptz(6) primary key, day date", "'2026-01-01'::timestamptz + i * interval '1.000001 s', null"],
    ["amount numeric(30, 4), blob bytea, primary key (amount, blob)", "i / 7.0, decode(md5(i::text), 'hex')"],
    ["id bigint primary key, c char(4)", "9007199254740992 + i, 'a'"],
  ],
  mysql: [
    ["id uuid primary key", "insert(insert(md5(i), 13, 1, '4'), 17, 1, '8')"],
    [
      "word varchar(20) collate utf8mb4_unicode_ci, n smallint, primary key (word, n)",
      "concat(elt(1 + i % 6, 'a', 'B', 'É', 'e', 'Z', 'ß'), i div 20), i",
    ],
    ["at datetime(6) primary key, day date", "'2026-01-01' + interval i * 1000001 microsecond, null"],
    ["amount decimal(30, 4), bin binary(16), primary key (amount, bin)", "i / 7, unhex(md5(i))"],
    ["id bigint unsigned primary key, c char(4)", "18446744073709551000 + i, 'a'"],
  ],
} as const;

describe.each(kinds)("on %s", (kind) => {
  let server: CustomerServer;
  let root: string;
  let url: string;
  let client: Client;
  let asking: Asking;
  let runs = 0;

  beforeAll(async () => {
    root = await mkdtemp(path.join(tmpdir(), "onering-cleaning-"));
    server = await startServer(kind);
  });
  afterAll(async () => {
    await server.stop();
    await rm(root, { recursive: true, force: true });
  });
  beforeEach(async () => {
    url = await server.createDatabase();
    client = await server.connect(url);
    asking = { kind, url, folder: path.join(root, `run-${++runs}`) };
    return () => client.end();
  });

  const users = () => allUsers(client);
  const rowsOf = async (sql: string) => (await client.run(sql)).rows;
  const name = (text: string) => (kind === "postgres" ? `"${text}"` : `\`${text}\``);

  test("writers lose nothing while a run is killed and resumed, and undo restores every row", async () => {
    const result = await runTrial(server, {
      ...{ rows: 3000, clients: 3, writerPauseMs: 4, kills: 1, aloneMs: 100, linesBetween: 4 },
      ...{ folder: asking.folder, below: (limit: number) => randomInt(limit) },
    });
    expect(result.wrong).toEqual([]);
    expect(result.changedTwice).toBe(0);
    expect(result.kills).toBe(1);
    // Of some 1,000; writers beat a run on a busy machine to more of them.
    expect(result.changed).toBeGreaterThan(300);
    expect(result.writes).toBeGreaterThan(10);
    expect(result.notRestored).toEqual([]);
  });

  test("a dry run changes nothing and reports by reason, in files for their owner alone", async () => {
    await createUsers(client, kind, 200);
    await client.run("update users set phone = '+447400000002' where id = 3");
    const before = await users();
    const summary = await runClean(asking);
    expect(await users()).toEqual(before);
    expect(summary).toMatchObject({
      rows: 200,
      nulls: 20,
      clean: 119,
      not_in_e164: 20,
      rejected: 60,
      duplicates: 1,
      applied: null,
    });
    expect(summary.by_reason).toEqual({
      number_invalid: 20,
      number_is_landline: 20,
      number_too_short: 20,
      duplicate: 1,
    });
    const rejects = (await readFile(`${asking.folder}/rejects.csv`, "utf8")).split("\r\n");
    expect(rejects[0]).toBe("id,phone,reason,suggestion");
    expect(rejects).toContain("7,12345,number_too_short,");
    expect(rejects).toContain("3,+447400000002,duplicate,");
    for (const file of ["rejects.csv", "changes.ndjson", "plan.json", "summary.json"]) {
      expect((await stat(`${asking.folder}/${file}`)).mode & 0o077, file).toBe(0);
    }
  });

  test("deleted and moved rows come back as they were, all columns of them", async () => {
    const exact =
      kind === "postgres" ? "double precision, x bytea, at timestamptz(6)" : "double, x varbinary(20), at datetime(6)";
    const bytes = kind === "postgres" ? "'\\x00ff27'::bytea" : "x'00ff27'";
    await client.run(
      `create table ${name("Odd ta'ble")} (${name("a b")} varchar(20) not null, n int not null, phone varchar(40), ${name("select")} ${exact},
         big bigint, twice int generated always as (n * 2) stored, primary key (${name("a b")}, n))`,
    );
    const values = [1, 2, 3, 4].map(
      (n) =>
        `('${n > 2 ? "é" : "E"}\\"''${n % 2}', ${n}, ${n === 4 ? "'+447400123456'" : "'12345'"}, 0.1, ${bytes}, '2026-03-04 05:06:07.123456', 9007199254740993)`,
    );
    await client.run(
      `insert into ${name("Odd ta'ble")} (${name("a b")}, n, phone, ${name("select")}, x, at, big) values ${values.join(", ")}`,
    );
    const all = () => rowsOf(`select * from ${name("Odd ta'ble")} order by n`);
    const before = await all();
    const table = name("Odd ta'ble");
    const deleted = await runClean({ ...asking, table, apply: "delete" });
    expect(deleted.applied?.rejects).toMatchObject({ changed: 3, locked: 0 });
    expect(await all()).toHaveLength(1);
    expect(await runUndo(asking)).toMatchObject({ restored: 3, kept: 0 });
    expect(await all()).toEqual(before);

    const like = kind === "postgres" ? `(like ${table} including all)` : `like ${table}`;
    await client.run(`create table removed ${like}`);
    const second = { ...asking, folder: `${asking.folder}-2`, table };
    expect((await runClean({ ...second, apply: "move=removed" })).applied?.rejects.changed).toBe(3);
    expect(await rowsOf("select * from removed order by n")).toEqual(before.slice(0, 3));
    expect(await runUndo(second)).toMatchObject({ restored: 3, kept: 0 });
    expect(await all()).toEqual(before);
    expect(await rowsOf("select * from removed")).toEqual([]);
  });

  test("a row with a text that is too long for the table it is to be moved to stays, and nothing is cut off", async () => {
    const columns = (length: number) =>
      `(id int primary key, phone varchar(40), note varchar(${length}), word char(4))`;
    await client.run(`create table users ${columns(40)}`);
    await client.run(`create table removed ${columns(5)}`);
    const [short, long] = ["(1, '12345', 'short', 'abcd')", "(2, '12345', 'longer than that', 'abcd')"];
    await client.run(`insert into users values ${short}, ${long}`);
    const { applied } = await runClean({ ...asking, apply: "move=removed" });
    expect(applied?.rejects).toMatchObject({ changed: 1, refused: 1 });
    expect(await rowsOf("select note from users")).toEqual([["longer than that"]]);
    expect(await rowsOf("select note from removed")).toEqual([["short"]]);
    expect(await runUndo(asking)).toMatchObject({ restored: 1, kept: 0 });
    expect(await rowsOf("select id from users order by id")).toHaveLength(2);
  });

  test("all partitions of a table are cleaned", async () => {
    const parts =
      kind === "postgres"
        ? ") partition by list (region); create table users_1 partition of users for values in (1); create table users_2 partition of users for values in (2)"
        : ") partition by list (region) (partition p1 values in (1), partition p2 values in (2))";
    await client.run(`create table users (id int, region int, phone varchar(40), primary key (region, id)${parts}`);
    await client.run("insert into users values (1, 1, 'x'), (2, 1, '07400 123456'), (1, 2, 'y')");
    const notes: string[] = [];
    const { applied } = await runClean({ ...asking, notes, apply: "delete,normalise" });
    expect(applied).toMatchObject({ rejects: { changed: 2 }, normalised: { changed: 1 } });
    expect(notes.join()).toContain("partitioned");
    expect(await rowsOf("select phone from users")).toEqual([["+447400123456"]]);
    expect(await runUndo(asking)).toMatchObject({ restored: 3 });
    expect(await rowsOf("select phone from users order by region, id")).toEqual([["x"], ["07400 123456"], ["y"]]);
  });

  test("undo leaves rows that somebody changed since, and says which", async () => {
    await createUsers(client, kind, 100);
    expect((await runClean({ ...asking, apply: "set-null" })).applied?.rejects.changed).toBe(30);
    await client.run("update users set phone = '+447400999999' where id = 7");
    await client.run("delete from users where id = 8");
    expect(await runUndo(asking)).toMatchObject({ restored: 28, kept: 2 });
    const report = (await readFile(`${asking.folder}/undo-report.ndjson`, "utf8")).trim().split("\n");
    expect(report.map((line) => JSON.parse(line))).toEqual([
      { key: ["7"], why: "changed_since", code: null },
      { key: ["8"], why: "changed_since", code: null },
    ]);
    expect((await users()).find(({ id }) => id === 7)?.phone).toBe("+447400999999");
    expect((await users()).find(({ id }) => id === 17)?.phone).toBe("12345");
  });

  test("a row that somebody holds is not waited for, and is done once it is free", async () => {
    await createUsers(client, kind, 100);
    const other = await server.connect(url);
    await other.run("begin");
    await other.run("update users set writes = 1 where id in (7, 8)");
    const running = runClean({ ...asking, apply: "flag=bad" });
    await expect.poll(async () => (await rowsOf("select count(*) from users where bad"))[0]?.map(Number)).toEqual([28]);
    await other.run("commit");
    expect((await running).applied?.rejects).toMatchObject({ changed: 30, locked: 0 });
    await other.end();
    expect((await users()).filter(({ bad }) => bad)).toHaveLength(30);
    expect((await users()).find(({ id }) => id === 7)?.writes).toBe(1);
  });

  test("a run that is stopped ends its transaction, and goes on with the rest", async () => {
    await createUsers(client, kind, 300);
    const stop = new AbortController();
    const progress = (what: string) => what === "changed" && stop.abort();
    await expect(runClean({ ...asking, apply: "flag=bad", signal: stop.signal, progress })).rejects.toThrow(/abort/);
    const done = (await users()).filter(({ bad }) => bad).length;
    expect(done).toBe(20);
    await expect(runClean({ ...asking, apply: "set-null" })).rejects.toThrow(/holds a run with --apply flag=bad/);
    await expect(runClean({ ...asking, column: "name" })).rejects.toThrow(/holds a run with other options/);
    expect((await runClean({ ...asking, apply: "flag=bad" })).applied?.rejects).toMatchObject({
      changed: 90,
      already: 0,
    });
  });

  test("what the database refuses is left and counted, the rest is done", async () => {
    await createUsers(client, kind, 100);
    await client.run("update users set phone = '+447401000015' where id = 14");
    await client.run("create unique index one_phone on users (phone, name)");
    await client.run("update users set name = 'same' where id in (14, 15)");
    const { applied } = await runClean({ ...asking, apply: "normalise" });
    expect(applied?.normalised).toMatchObject({ changed: 9, refused: 1 });
    expect((await users()).find(({ id }) => id === 15)?.phone).toBe("07401 000015");
  });

  test("a transaction whose end was not seen is looked up, whether it was committed or not", async () => {
    await createUsers(client, kind, 40);
    await runClean({ ...asking, apply: "flag=bad" });
    const journal = `${asking.folder}/undo.ndjson`;
    const lines = (await readFile(journal, "utf8")).trim().split("\n");
    // As after a kill between COMMIT and what follows it.
    await writeFile(journal, `${lines.slice(0, -1).join("\n")}\n`);
    expect((await runClean({ ...asking, apply: "flag=bad" })).applied?.rejects).toMatchObject({
      changed: 12,
      already: 0,
    });
    // As after a kill before COMMIT, while a further line was written.
    const last = JSON.parse(lines.at(-2) ?? "");
    await client.run("update users set bad = false");
    await writeFile(journal, `${lines.slice(0, -1).join("\n")}\n`);
    await appendFile(journal, '{"type":"batch","batch":9,"ver');
    const again = { ...last, transaction: null };
    await writeFile(journal, `${[...lines.slice(0, -2), JSON.stringify(again)].join("\n")}\n{"type":"bat`);
    expect((await runClean({ ...asking, apply: "flag=bad" })).applied?.rejects).toMatchObject({
      changed: 12,
      already: 0,
    });
    expect((await users()).filter(({ bad }) => bad)).toHaveLength(12);
  });

  test("pages miss no row and repeat none, whatever the key is made of", async () => {
    const series = kind === "postgres" ? "generate_series(1, 60) i" : "(select seq i from seq_1_to_60) s";
    const tables = keyTypes[kind].map(([columns, values], at) => {
      const name = `keyed_${at}`;
      const create = `create table ${name} (${columns}, phone varchar(40))${kind === "postgres" ? "" : " charset utf8mb4"}`;
      return { name, sql: `${create}; insert into ${name} select ${values}, '12345' from ${series}` };
    });
    await client.run(tables.map(({ sql }) => sql).join("; "));
    for (const { name, sql } of tables) {
      const session = await openTable(kind, url, { schema: null, name });
      const pages: ReadRow[] = [];
      for (let after: Key | null = null; ; ) {
        const page = await session.page(["phone"], { after, limit: 7 });
        pages.push(...page);
        after = page.at(-1)?.key ?? null;
        if (page.length < 7) break;
      }
      const keys = pages.map(({ key }) => key);
      expect(pages, sql).toEqual(await session.page(["phone"], { after: null, limit: 100 }));
      expect(new Set(keys.map((key) => JSON.stringify(key))).size, sql).toBe(60);
      expect(await session.read(keys, []), sql).toHaveLength(60);
      await session.close();
    }
    const [{ name: table } = { name: "" }] = tables;
    expect((await runClean({ ...asking, table, apply: "delete" })).applied?.rejects.changed).toBe(60);
    expect(await runUndo(asking)).toMatchObject({ restored: 60, kept: 0 });
  });

  test("what cannot be cleaned or undone is refused before anything is changed", async () => {
    await createUsers(client, kind, 20);
    await client.run("create view people as select * from users");
    await client.run("create table heap (phone varchar(40))");
    await client.run(
      "create table orders (id int primary key, owner bigint, foreign key (owner) references users (id) on delete cascade)",
    );
    await client.run("create table strict_ones (id int primary key, phone varchar(10) not null, word date)");
    const refused = (more: Partial<Asking>) => runClean({ ...asking, ...more }).catch((error: Error) => error.message);
    expect(await refused({ table: "people" })).toMatch(/is a view; name/);
    expect(await refused({ table: "heap" })).toMatch(/no primary key/);
    expect(await refused({ table: "nobody" })).toMatch(/there is no table/);
    expect(await refused({ column: "telephone" })).toMatch(/has no column "telephone"; it has id, name, phone/);
    expect(await refused({ apply: "delete" })).toMatch(/foreign keys would change rows of .*orders/);
    expect(await refused({ table: "strict_ones", apply: "set-null" })).toMatch(/NOT NULL/);
    expect(await refused({ table: "strict_ones", apply: "normalise" })).toMatch(/up to 16 characters/);
    expect(await refused({ table: "strict_ones", apply: "flag=word" })).toMatch(/needs boolean, an integer, or text/);
    expect(await refused({ apply: "move=heap" })).toMatch(/no primary key|lacks the columns/);
    expect((await users()).filter(({ bad }) => bad)).toEqual([]);
  });
});
