/** A private MariaDB on loopback, with small buffers. */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import mysql from "mysql2/promise";
import { runtimeDir } from "../../src/local/fetch/paths.ts";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import { findMariadb } from "./fetch/mariadb.ts";

export interface TestMariadb {
  readonly port: number;
  /** An address of a database of its own, empty. */
  createDatabase(): Promise<string>;
  /** Runs statements. */
  ask(url: string, sql: string): Promise<Record<string, unknown>[]>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

const readyDeadlineMs = 30_000;

export async function startMariadb(): Promise<TestMariadb> {
  const program = await findMariadb(runtimeDir);
  if (program === undefined) throw new Error("MariaDB is not here: run `npm run runtime -- --for-tests`");
  const folder = await mkdtemp(path.join(tmpdir(), "onering-mariadb-"));
  const data = path.join(folder, "data");
  await mkdir(data);
  const port = await freePort("tcp");
  const settings = {
    datadir: data,
    socket: path.join(folder, "socket"),
    "pid-file": path.join(folder, "pid"),
    "lc-messages-dir": program.share,
    "character-sets-dir": path.join(program.share, "charsets"),
    "plugin-dir": path.join(folder, "plugins"),
    "bind-address": "127.0.0.1",
    port,
    "max-connections": 60,
    "innodb-buffer-pool-size": "64M",
    "innodb-log-file-size": "48M",
    // A crash of the program loses nothing by it, one of the machine would.
    "innodb-flush-log-at-trx-commit": 2,
    "character-set-server": "utf8mb4",
    // An empty folder has no tables of users; nobody but this machine reaches it.
    "skip-grant-tables": "",
    "skip-log-bin": "",
    ...(process.getuid?.() === 0 && { user: "root" }),
  };
  const options = Object.entries(settings).map(([name, value]) => (value === "" ? `--${name}` : `--${name}=${value}`));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const child = await Child.start("mariadbd", { ...program, args: [] }, ["--no-defaults", ...options]);
  const urlOf = (database: string) => `mysql://onering:unused@127.0.0.1:${port}/${database}`;
  let databases = 0;

  async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const connection = await mysql.createConnection({ uri: url, multipleStatements: true });
    try {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    } finally {
      await connection.end();
    }
  }
  const answers = () =>
    ask(urlOf("information_schema"), "select 1").then(
      () => true,
      () => false,
    );
  try {
    await child.waitUntil(answers, readyDeadlineMs, async () => child.output.slice(-2000));
  } catch (error) {
    await child.kill();
    await removeFolder();
    throw error;
  }
  return {
    port,
    async createDatabase() {
      const name = `customer_${++databases}`;
      await ask(urlOf("information_schema"), `create database ${name}`);
      return urlOf(name);
    },
    ask,
    async stop() {
      await child.stop();
      await removeFolder();
    },
  };
}
