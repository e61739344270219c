/** `onering cdrs`: exports detail records to a file or to standard output. */
import { once } from "node:events";
import { open, rename, rm } from "node:fs/promises";
import type { Writable } from "node:stream";
import { exportCdrs } from "../cdr/export.ts";
import type { ExportFormat } from "../cdr/representation.ts";
import type { CdrFilter } from "../cdr/store-port.ts";
import { loadConfig } from "../config/load.ts";
import { createCdrStore } from "../records/cdr/store.ts";
import { openRecordsReader } from "../records/reader.ts";

export interface CdrsOptions {
  readonly filter: CdrFilter;
  readonly format: ExportFormat;
  /** Null: standard output. */
  readonly out: string | null;
}

/** Where the text goes. */
interface Target {
  write(text: string): Promise<void>;
  /** All was written. */
  finish(): Promise<void>;
  /** Never throws. */
  giveUp(): Promise<void>;
}

const progressMs = 1000;

/**
 * Records are numbers of people, so a file is for its owner alone. It gets its name once it is whole.
 * @returns 0
 * @throws {ConfigError}
 * @throws {Error} where the records cannot be read or the file cannot be written
 */
export async function cdrs(path: string, { filter, format, out }: CdrsOptions): Promise<number> {
  const { records } = await loadConfig({ path, env: process.env });
  const reader = openRecordsReader(records);
  const target = out === null ? toStream(process.stdout) : await toFile(out);
  const progress = reportProgress();
  try {
    for await (const { text, rows } of exportCdrs(createCdrStore(reader), filter, format)) {
      await target.write(text);
      progress.add(rows);
    }
    await target.finish();
    progress.end();
    return 0;
  } catch (error) {
    await target.giveUp();
    // The reader of a pipe has enough, as with `| head`.
    if ((error as { code?: unknown }).code === "EPIPE") return 0;
    throw error;
  } finally {
    await reader.close();
  }
}

function toStream(stream: Writable): Target {
  let failure: Error | null = null;
  stream.once("error", (error) => {
    failure = error;
  });
  return {
    async write(text) {
      if (failure !== null) throw failure;
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
      if (failure !== null) throw failure;
    },
    finish: async () => undefined,
    giveUp: async () => undefined,
  };
}

async function toFile(name: string): Promise<Target> {
  const unfinished = `${name}.part`;
  // One that is there keeps its mode: a new one does not.
  await rm(unfinished, { force: true });
  const file = await open(unfinished, "wx", 0o600);
  return {
    write: async (text) => void (await file.writeFile(text)),
    async finish() {
      await file.sync();
      await file.close();
      await rename(unfinished, name);
    },
    async giveUp() {
      await file.close().catch(() => undefined);
      await rm(unfinished, { force: true }).catch(() => undefined);
    },
  };
}

/** One line on standard error, which a terminal shows growing. */
function reportProgress() {
  let rows = 0;
  let shownAtMs = performance.now();
  const shows = process.stderr.isTTY;
  return {
    add(more: number): void {
      rows += more;
      if (!shows || performance.now() - shownAtMs < progressMs) return;
      shownAtMs = performance.now();
      process.stderr.write(`\r${rows} records`);
    },
    end(): void {
      process.stderr.write(`${shows ? "\r" : ""}${rows} records\n`);
    },
  };
}
