/** A private PostgreSQL on loopback, that can also stop answering and crash. */
import { randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { chown, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { runtimeDir } from "../../src/local/fetch/paths.ts";
import { Child } from "../../src/local/process/child.ts";
import { freePort } from "../../src/local/process/free-port.ts";
import { runCommand } from "../../src/local/process/run-command.ts";
import { findPostgres, type PostgresPrograms } from "./fetch/postgres.ts";

export interface TestPostgres {
  readonly port: number;
  readonly password: string;
  readonly programs: PostgresPrograms;
  /**
   * A database of its own.
   * @param from address of the one that it copies, to which nobody may be connected; without it the new one is empty
   * @returns its address
   */
  createDatabase(from?: string): Promise<string>;
  /** Runs a statement as the superuser. */
  ask(url: string, sql: string): Promise<Record<string, unknown>[]>;
  /** Every process of the server stands still (SIGSTOP): connections are taken, nothing is answered. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends it as a crash would; `restart` brings it back on its port with its data. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** PostgreSQL refuses to run as root. Has an entry in every /etc/passwd, which initdb looks for. */
const nobody = 65534;
const superuser = "onering";
const initDeadlineMs = 60_000;
const readyDeadlineMs = 30_000;

export async function startPostgres(): Promise<TestPostgres> {
  const found = await findPostgres(runtimeDir);
  if (found === undefined) throw new Error("PostgreSQL is not here: run `npm run runtime -- --for-tests`");
  const folder = await mkdtemp(path.join(tmpdir(), "onering-postgres-"));
  const port = await freePort("tcp");
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  const { programs, password, first } = await begin(found, folder, port).catch(async (error) => {
    await removeFolder();
    throw error;
  });
  let child = first;
  const urlOf = (database: string) => `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}`;
  let databases = 0;

  async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows ?? [];
    } finally {
      await client.end();
    }
  }
  const ready = () =>
    child.waitUntil(
      () =>
        ask(urlOf("postgres"), "select 1").then(
          () => true,
          () => false,
        ),
      readyDeadlineMs,
      async () => child.output.slice(-2000),
    );
  /** The server and its processes, the server first. */
  async function processes(): Promise<number[]> {
    const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
    return [child.pid, ...children.trim().split(" ").filter(Boolean).map(Number)];
  }
  async function signal(name: NodeJS.Signals): Promise<void> {
    for (const pid of await processes()) {
      try {
        process.kill(pid, name);
      } catch {
        // It ended by itself.
      }
    }
  }
  try {
    await ready();
  } catch (error) {
    await child.kill();
    await removeFolder();
    throw error;
  }
  return {
    port,
    password,
    programs,
    async createDatabase(from) {
      const name = `records_${++databases}`;
      const template = from === undefined ? "template1" : new URL(from).pathname.slice(1);
      // By files: half the CPU of writing each page to the log, as is usual.
      await ask(urlOf("postgres"), `create database ${name} template ${template} strategy file_copy`);
      return urlOf(name);
    },
    ask,
    freeze: () => signal("SIGSTOP"),
    thaw: () => signal("SIGCONT"),
    async kill() {
      await signal("SIGKILL");
      await child.exited;
    },
    async restart() {
      if (child.running) throw new Error("PostgreSQL still runs");
      child = await start(programs, folder, port);
      await ready();
    },
    async stop() {
      if (child.running) {
        await signal("SIGCONT");
        // Fast shutdown: SIGTERM would wait for every client.
        process.kill(child.pid, "SIGINT");
        await child.stop();
      }
      await removeFolder();
    },
  };
}

/**
 * A server's folder as initdb left it, with its password: made once for each version, because that costs two seconds of CPU, and
 * some thirty suites want one.
 */
const madeFolderOf = ({ version }: PostgresPrograms) => path.join(runtimeDir, `postgres-made-${version}`);

async function begin(
  found: PostgresPrograms,
  folder: string,
  port: number,
): Promise<{ readonly programs: PostgresPrograms; readonly password: string; readonly first: Child }> {
  if (isRoot()) await chown(folder, nobody, nobody);
  const programs = await openToAll(found, folder);
  const madeFolder = madeFolderOf(programs);
  if (!existsSync(madeFolder)) {
    await initialize(programs, folder);
    const copy = `${madeFolder}-${path.basename(folder)}`;
    await copyFolder(folder, copy, ["password", "data"]);
    // Of several workers the first one's stays.
    await rename(copy, madeFolder).catch(() => rm(copy, { recursive: true, force: true }));
  } else {
    await copyFolder(madeFolder, folder, ["password", "data"]);
  }
  const password = await readFile(path.join(folder, "password"), "utf8");
  return { programs, password, first: await start(programs, folder, port) };
}

/** With owners and modes, which PostgreSQL looks at. */
async function copyFolder(from: string, to: string, names: readonly string[]): Promise<void> {
  await mkdir(to, { recursive: true });
  const args = ["-a", ...names.map((name) => path.join(from, name)), to];
  const { code, output } = await runCommand("cp", args, { deadlineMs: initDeadlineMs });
  if (code !== 0) throw new Error(`${from} cannot be copied: ${output.slice(-500)}`);
}

async function initialize({ bin, env }: PostgresPrograms, folder: string): Promise<void> {
  const file = path.join(folder, "password");
  await writeFile(file, randomBytes(12).toString("hex"), { mode: 0o600 });
  if (isRoot()) await chown(file, nobody, nobody);
  const [command, ...args] = unprivileged([
    path.join(bin, "initdb"),
    ...["-D", path.join(folder, "data"), "-U", superuser, "-A", "scram-sha-256", `--pwfile=${file}`, "--no-sync"],
    // Not the C locale: text must be ordered the same as in SQLite where it matters, whatever the database's locale.
    ...["-E", "UTF8", "--locale=C", "--locale-provider=icu", "--icu-locale=en", "--wal-segsize=1"],
  ]);
  const { code, output } = await runCommand(command, args, {
    deadlineMs: initDeadlineMs,
    env: { ...process.env, ...env },
  });
  if (code !== 0) throw new Error(`initdb failed\n${output.slice(-2000)}`);
}

function start({ bin, env }: PostgresPrograms, folder: string, port: number): Promise<Child> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: folder,
    max_connections: 60,
    shared_buffers: "32MB",
    // A crash of the program loses nothing by it, one of the machine would.
    fsync: "off",
  };
  const [command, ...args] = unprivileged([
    path.join(bin, "postgres"),
    ...["-D", path.join(folder, "data")],
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  return Child.start("postgres", { command, args: [], env }, args);
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** As root: under another user, and ended with us, which a change of the user undoes. */
function unprivileged(command: readonly [string, ...string[]]): [string, ...string[]] {
  if (!isRoot()) return [...command];
  const as = ["--reuid", String(nobody), "--regid", String(nobody), "--clear-groups", "--"];
  return ["setpriv", ...as, "setpriv", "--pdeathsig", "TERM", "--", ...command];
}

/** Where they were fetched into a project that another user may not enter, for instance below /root: a copy in `folder`. */
async function openToAll(programs: PostgresPrograms, folder: string): Promise<PostgresPrograms> {
  const { bin, env } = programs;
  if (!isRoot() || mayEnter(bin)) return programs;
  // …/usr/lib/postgresql/15/bin
  const from = path.resolve(bin, "../../../../..");
  const to = path.join(folder, "programs");
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  const moved = (text: string) => text.replaceAll(from, to);
  const libraries = Object.entries(env).map(([name, value]) => [name, moved(value)]);
  return { ...programs, bin: moved(bin), env: Object.fromEntries(libraries) };
}

function mayEnter(file: string): boolean {
  const above = path.dirname(file);
  return (statSync(file).mode & 0o001) !== 0 && (above === file || mayEnter(above));
}
