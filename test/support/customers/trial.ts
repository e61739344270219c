/**
 * The whole promise at once: a table with writers beside, a run that is killed again and again and goes on, every row as it must
 * be, and undo.
 */
import { spawn } from "node:child_process";
import { open, readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runUndo } from "./clean.ts";
import type { Client, CustomerServer } from "./database.ts";
import { createUsers, isRejected, normalisedPhone, phoneOf, readUsers } from "./table.ts";
import { startWriters, type WriterOptions, type Writers } from "./writers.ts";

export interface TrialOptions {
  readonly rows: number;
  readonly clients: number;
  readonly writerPauseMs: number;
  /** How often the run is killed. */
  readonly kills: number;
  /** How long the writers are measured alone before, ms. */
  readonly aloneMs: number;
  /** So many lines of its journal are let through between two kills, at most. */
  readonly linesBetween: number;
  readonly folder: string;
  below(limit: number): number;
}

export interface TrialResult {
  readonly kills: number;
  /** Rows that are not as they must be; empty. */
  readonly wrong: readonly string[];
  /** Rows that the journal says were changed more than once; 0. */
  readonly changedTwice: number;
  readonly changed: number;
  readonly writes: number;
  /** Of each process that ran to its end. */
  readonly output: string;
  readonly waits: Writers["waits"];
  /** Of the same writers before the run, alone. */
  readonly quietWaits: Writers["waits"];
  readonly seconds: number;
  readonly undoOutput: string;
  /** Rows that undo left, because a writer had changed them. */
  readonly undoKept: number;
  /** Rows that are not as before after undo, and that no writer touched; empty. */
  readonly notRestored: readonly string[];
}

const command = fileURLToPath(new URL("../../../src/main.ts", import.meta.url));

export async function runTrial(server: CustomerServer, options: TrialOptions): Promise<TrialResult> {
  const { rows, folder, clients, writerPauseMs, below, kills } = options;
  const url = await server.createDatabase();
  const client = await server.connect(url);
  await createUsers(client, server.kind, rows);
  let front = 0;
  const writerOptions = { url, rows, clients, pauseMs: writerPauseMs, front: () => front, below };
  const journal = `${folder}/undo.ndjson`;
  const watchFront = setInterval(async () => {
    front = (await lastKey(journal)) ?? front;
  }, 50);
  const quietWaits = await waitsAlone(
    server,
    { ...writerOptions, rows: Math.min(rows, 1000) },
    client,
    options.aloneMs,
  );
  const writers = await startWriters(server, writerOptions);
  const startedMs = performance.now();
  const args = [`--${server.kind}`, "--table", "users", "--column", "phone", "--country", "GB", "--out", folder];
  const applied = [...args, "--apply", "flag=bad,normalise"];
  let killed = 0;
  let output: string | null = null;
  while (output === null) {
    const killAfter = killed < kills ? 1 + below(options.linesBetween) : null;
    output = await runProcess(applied, url, journal, killAfter);
    if (output === null) killed++;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  await writers.stop();
  const wrong = await wrongRows(client, writers);
  const { changed, twice } = await readJournal(journal);
  const { restored, locks } = await runUndo({ url, folder });
  const undoOutput = `undo: ${restored} rows restored; locks held in ${locks.transactions} transactions: p50 ${locks.p50_ms} ms, p99 ${locks.p99_ms} ms, at most ${locks.max_ms} ms`;
  clearInterval(watchFront);
  const kept = await keptRows(`${folder}/undo-report.ndjson`);
  const notRestored: string[] = [];
  for await (const { id, phone, bad, writes } of readUsers(client)) {
    const before = writers.phones.get(id) ?? phoneOf(id);
    const isAsBefore = phone === before && (!bad || kept.has(id));
    if (!isAsBefore || writes !== (writers.writes.get(id) ?? 0)) notRestored.push(`${id}: ${phone} ${bad} ${writes}`);
    if (kept.has(id) && !writers.phones.has(id)) notRestored.push(`${id}: not restored, and no writer touched it`);
  }
  await client.end();
  const count = [...writers.writes.values()].reduce((sum, one) => sum + one, 0);
  return {
    ...{ kills: killed, wrong, changedTwice: twice, changed, writes: count, output, waits: writers.waits, quietWaits },
    ...{ seconds, undoOutput, undoKept: kept.size, notRestored },
  };
}

async function waitsAlone(server: CustomerServer, options: WriterOptions, client: Client, aloneMs: number) {
  const writers = await startWriters(server, options);
  await new Promise((resolve) => setTimeout(resolve, aloneMs));
  await writers.stop();
  for (const [id] of writers.writes) {
    const phone = phoneOf(id);
    await client.run(`update users set writes = 0, phone = ${phone === null ? "null" : `'${phone}'`} where id = ${id}`);
  }
  return writers.waits;
}

/** A writer's last value holds; else the row is as the run has to make it. Nothing that was written is lost. */
async function wrongRows(client: Client, writers: Writers): Promise<string[]> {
  const wrong: string[] = [];
  for await (const { id, name, phone, bad, writes } of readUsers(client)) {
    const written = writers.phones.get(id);
    const isPhone = phone === (written ?? normalisedPhone(id));
    // A writer may have come before or after the flag.
    const isFlag = written === undefined ? bad === isRejected(id) : !bad || isRejected(id);
    const isRest = name === `customer ${id}` && writes === (writers.writes.get(id) ?? 0);
    if (!isPhone || !isFlag || !isRest) wrong.push(`${id}: ${phone} ${bad} ${writes}; written ${written}`);
  }
  return wrong;
}

/** @returns what it printed; null: it was killed */
async function runProcess(
  args: readonly string[],
  url: string,
  journal: string,
  killAfterLines: number | null,
): Promise<string | null> {
  const child = spawn(process.execPath, [command, "scrub", ...args], {
    env: { ...process.env, ONERING_SCRUB_DATABASE_URL: url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const before = await sizeOf(journal);
  let killed = false;
  const look = setInterval(async () => {
    // About 100 bytes of a line's frame and 100 of each row.
    if (killAfterLines === null || (await sizeOf(journal)) - before < killAfterLines * 2000) return;
    killed = child.kill("SIGKILL") || killed;
  }, 3);
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  clearInterval(look);
  if (killed && code === null) return null;
  if (code !== 0) throw new Error(`the run ended with ${code}\n${output}`);
  return output;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

async function lastKey(journal: string): Promise<number | null> {
  const size = await sizeOf(journal);
  if (size === 0) return null;
  const handle = await open(journal, "r");
  try {
    const tail = Buffer.alloc(4096);
    const { bytesRead } = await handle.read(tail, 0, tail.length, Math.max(0, size - tail.length));
    const found = [...tail.toString("utf8", 0, bytesRead).matchAll(/"key":\["(\d+)"\]/g)].at(-1);
    return found === undefined ? null : Number(found[1]);
  } finally {
    await handle.close();
  }
}

/** What the journal says was committed. */
async function readJournal(file: string) {
  const seen = new Set<string>();
  let changed = 0;
  let twice = 0;
  let open: { rows: { key: string[] }[]; verb: string } | null = null;
  for (const line of (await readFile(file, "utf8")).split("\n").filter((text) => text !== "")) {
    const entry = JSON.parse(line);
    if (entry.type === "batch") open = entry;
    if (entry.type !== "end" || !entry.committed || open === null) continue;
    const dropped = new Set<number>(entry.dropped);
    for (const [at, { key }] of open.rows.entries()) {
      if (dropped.has(at)) continue;
      const name = `${open.verb} ${key}`;
      if (seen.has(name)) twice++;
      seen.add(name);
      changed++;
    }
  }
  return { changed, twice };
}

async function keptRows(file: string): Promise<ReadonlySet<number>> {
  const lines = (await readFile(file, "utf8")).split("\n").filter((text) => text !== "");
  return new Set(lines.map((line) => Number(JSON.parse(line).key[0])));
}
