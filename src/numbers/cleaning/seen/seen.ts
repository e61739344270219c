/**
 * Which numbers a list had already: exact, in bounded memory. Numbers are appended to a log, from which a resumed run begins
 * again; up to a bound they are in a table in memory, beyond it in one on disk.
 */
import { closeSync, fsync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { createDiskTable } from "./disk-table.ts";
import { MemoryTable } from "./memory-table.ts";

export interface Seen {
  /** Whether the number is new. @param key its digits as a number, at most 15, not 0 */
  add(key: number): boolean;
  /** Hands the log to the system. @returns how many numbers it has */
  flush(): number;
  /** Makes durable what was flushed. */
  synchronise(): Promise<void>;
  close(): void;
}

export interface SeenOptions {
  /** Files for the log and the table on disk; readable for their owner alone. */
  readonly logFile: string;
  readonly tableFile: string;
  /** How many numbers of the log hold, from an earlier run. */
  readonly count: number;
  /** Beyond this many the table is on disk. */
  readonly mostInMemory?: number;
}

interface Table {
  add(key: number): boolean;
  close(): void;
}

/** The table of 2²¹ slots has 16 MiB; another of half its size while it grows. */
const defaultMostInMemory = 1_500_000;
const synchronised = promisify(fsync);
const keyBytes = 8;
const bufferedKeys = 16_384;

/** @throws where the disk is full, or the files cannot be made */
export function openSeen(options: SeenOptions): Seen {
  const { logFile, tableFile, mostInMemory = defaultMostInMemory } = options;
  const log = openSync(logFile, options.count === 0 ? "w+" : "r+", 0o600);
  const pending = new Float64Array(bufferedKeys);
  let pendingCount = 0;
  let count = options.count;
  ftruncateSync(log, count * keyBytes);
  // What an earlier run left of it is behind or ahead of the log.
  rmSync(tableFile, { force: true });
  let onDisk = count > mostInMemory;
  let table: Table = onDisk ? createDiskTable(tableFile, count) : new MemoryTable();
  readLog(log, count, (key) => void table.add(key));
  let room = onDisk ? count * 2 : mostInMemory;

  function flush(): void {
    const bytes = Buffer.from(pending.buffer, 0, pendingCount * keyBytes);
    writeAll(log, bytes, (count - pendingCount) * keyBytes);
    pendingCount = 0;
  }

  /** Moves to a table on disk with room for twice as many. */
  function grow(): void {
    flush();
    table.close();
    onDisk = true;
    room = count * 2;
    const grown = createDiskTable(tableFile, room);
    readLog(log, count, (key) => void grown.add(key));
    table = grown;
  }

  return {
    add(key) {
      if (!table.add(key)) return false;
      pending[pendingCount++] = key;
      count++;
      if (pendingCount === bufferedKeys) flush();
      if (count >= room) grow();
      return true;
    },
    flush() {
      flush();
      return count;
    },
    synchronise: () => synchronised(log),
    close() {
      table.close();
      closeSync(log);
    },
  };
}

function writeAll(file: number, bytes: Buffer, at: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(file, bytes, done, bytes.length - done, at + done);
}

function readLog(file: number, count: number, each: (key: number) => void): void {
  const keys = new Float64Array(bufferedKeys);
  const bytes = Buffer.from(keys.buffer);
  for (let from = 0; from < count; from += bufferedKeys) {
    const wanted = Math.min(bufferedKeys, count - from);
    let filled = 0;
    while (filled < wanted * keyBytes) {
      const read = readSync(file, bytes, filled, wanted * keyBytes - filled, from * keyBytes + filled);
      if (read === 0) throw new Error("the log of numbers is shorter than its journal says");
      filled += read;
    }
    for (let at = 0; at < wanted; at++) each(keys[at] ?? 0);
  }
}
