/** Cleans one file: opens it, says what was guessed of it, and runs. The command and the API use this. */

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import path from "node:path";
import { version } from "../../../shared/version.ts";
import { numberingMetadata } from "../../library.ts";
import type { CleaningSummary } from "../ports.ts";
import { pump } from "../pump.ts";
import { Tally } from "../summary.ts";
import { type RunFolder, refuseFinished, removeUnfinished, takeFolder } from "./folder.ts";
import { type InputOptions, type InputPlan, type OpenInput, openInput } from "./input.ts";
import { type InputPrint, printOf, samePrint } from "./input-print.ts";
import { type Journal, type RunSettings, readJournal } from "./journal.ts";
import { ListUsageError, OtherRunError } from "./list-error.ts";
import { nameResults, openOutput } from "./output.ts";
import { summaryName } from "./result-names.ts";
import { readBeginning } from "./sample.ts";
import { createBatchJudges } from "./workers.ts";

export interface ListOptions extends InputOptions {
  /** `only`: there must be an unfinished run; `never`: what one left is removed. */
  readonly resume: "only" | "auto" | "never";
  /** Worker threads; null: by size and machine; 0: on this one. */
  readonly threads: number | null;
  /** Numbers whose duplicates are found in memory; more go to disk. */
  readonly mostInMemory?: number;
  /** Of both files together; left out: as the disk has room. */
  readonly mostResultBytes?: number;
  /** Time between two journals. */
  readonly commitEveryMs?: number;
}

export interface ListPlan extends InputPlan {
  /** Rows that an earlier run did; null: it begins anew. */
  readonly resumesAfter: number | null;
}

export interface ListProgress {
  readonly rows: number;
  readonly position: number;
}

export interface OpenList {
  readonly plan: ListPlan;
  /**
   * @returns whether it finished; false: the signal ended it, and the same call goes on
   * @throws {ListError}; also what the system says: a full disk. The same call goes on then
   */
  run(options: { readonly signal: AbortSignal; readonly onProgress?: (progress: ListProgress) => void }): Promise<{
    readonly finished: boolean;
    readonly summary: CleaningSummary;
  }>;
  /** Without effect after `run`. */
  close(): Promise<void>;
}

/** What a killed process has to do again. */
const defaultCommitEveryMs = 1000;
/** A thread has so many to judge while results are written and made durable: some 25 ms of work. Sixteen took 20 MB more. */
const batchesOfThread = 8;
/** Smaller files are done before threads have started. */
const leastBytesForThreads = 2 * 1024 ** 2;
const mostThreads = 4;

/**
 * @throws {ListUsageError} where a guess is not clear, or what was given does not fit the file; {ListError} where it cannot
 * be cleaned
 */
export async function openList(options: ListOptions): Promise<OpenList> {
  const beginning = await readBeginning(options.file);
  const input = await printOf(options.file);
  const folder = await takeFolder(options.folder);
  let opened: OpenInput | null = null;
  try {
    const journal = await findJournal(options);
    if (journal?.state === "finishing" && samePrint(journal.input, input)) {
      return finishing(options.folder, folder, journal);
    }
    opened = await openInput(beginning, input, options);
    if (journal !== null) refuseOther(journal, input, opened.settings, options);
    return openRun(opened, journal, input, folder, options);
  } catch (error) {
    opened?.close();
    await folder.release(true);
    throw error;
  }
}

/** What a run that finished in this folder counted; null: none did. */
export async function finishedSummary(folder: string): Promise<CleaningSummary | null> {
  if ((await readJournal(folder)) !== null) return null;
  const text = await readFile(path.join(folder, summaryName), "utf8").catch(() => null);
  return text === null ? null : new Tally(JSON.parse(text) as CleaningSummary).summary();
}

async function findJournal({ folder, resume }: ListOptions): Promise<Journal | null> {
  if (resume === "never") {
    await refuseFinished(folder);
    await removeUnfinished(folder);
    return null;
  }
  const journal = await readJournal(folder);
  if (journal === null) await refuseFinished(folder);
  if (journal === null && resume === "only") throw new ListUsageError(`${folder} has no unfinished run to resume`);
  // Files of a run that was killed before its first journal.
  if (journal === null) await removeUnfinished(folder);
  return journal;
}

/** @throws {ListError} where the unfinished run is one of another file, or with other options */
function refuseOther(journal: Journal, input: InputPrint, settings: RunSettings, { file, folder }: ListOptions): void {
  const anew = "pass --restart to begin anew, or choose another --out";
  if (!samePrint(journal.input, input)) {
    throw new OtherRunError(
      `the unfinished run in ${folder} was of another file than ${file}, or that has changed since; ${anew}`,
    );
  }
  const names = Object.keys(settings) as (keyof RunSettings)[];
  const other = names.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(journal.settings[name]));
  if (other.length > 0) {
    throw new OtherRunError(
      `the unfinished run in ${folder} has other settings (${other.join(", ")}); pass the same, or: ${anew}`,
    );
  }
}

function openRun(
  opened: OpenInput,
  found: Journal | null,
  input: InputPrint,
  folder: RunFolder,
  options: ListOptions,
): OpenList {
  const { layout, source, mark, settings } = opened;
  const nothing = { position: null, cleanBytes: 0, rejectsBytes: 0, numbers: 0, summary: new Tally().summary() };
  const journal: Journal = found ?? { version: 1, state: "running", input, settings, ...nothing };
  let open = true;
  const close = async () => {
    if (!open) return;
    open = false;
    opened.close();
    await folder.release(found === null);
  };
  const resumesAfter = found?.summary.rows ?? null;
  return {
    plan: { ...opened.plan, resumesAfter },
    close,
    async run({ signal, onProgress }) {
      const threads = options.threads ?? threadsFor(input.bytes);
      const judges = createBatchJudges(layout, threads);
      const { mostInMemory, mostResultBytes } = options;
      const output = await openOutput({
        ...{ folder: options.folder, layout, journal, mark },
        ...(mostInMemory !== undefined && { mostInMemory }),
        ...(mostResultBytes !== undefined && { mostResultBytes }),
      });
      try {
        const finished = await pump({
          source,
          judge: judges.judge,
          sink: output,
          from: journal.position,
          inFlight: batchesOfThread * threads + 1,
          commitEveryMs: options.commitEveryMs ?? defaultCommitEveryMs,
          nowMs: () => performance.now(),
          signal,
          onWritten: (_, position) => onProgress?.({ rows: output.rows(), position }),
        });
        if (finished) await output.finish(aboutRun(options, opened.plan));
        return { finished, summary: output.summary() };
      } finally {
        await output.close();
        await judges.close();
        await close();
      }
    },
  };
}

/** What `summary.json` says beside the counts; nothing that differs between two runs over the same file. */
function aboutRun({ file, policy: { keepLandlines } }: ListOptions, plan: InputPlan) {
  const { format, encoding, delimiter, header, column, country } = plan;
  return {
    ...{ file: path.basename(file), format, encoding, delimiter, header },
    ...{ column: column.name, country: country.country, keep_landlines: keepLandlines },
    ...{ onering: version, metadata: { version: numberingMetadata().version } },
  };
}

/** A run that wrote all rows and was ended before its files had their names. */
function finishing(name: string, folder: RunFolder, journal: Journal): OpenList {
  const { format, encoding, delimiter, header, column, policy } = journal.settings;
  return {
    plan: {
      ...{ format, encoding, delimiter, header: header !== null },
      column: { name: header?.[column] ?? String(column + 1), guessedShare: null },
      country: { country: policy.country, guessedShare: null },
      resumesAfter: journal.summary.rows,
      total: null,
    },
    async run() {
      await nameResults(name);
      const summary = JSON.parse(await readFile(path.join(name, summaryName), "utf8")) as CleaningSummary;
      await folder.release();
      return { finished: true, summary };
    },
    close: () => folder.release(),
  };
}

function threadsFor(bytes: number): number {
  const cores = Math.min(availableParallelism(), mostThreads);
  return bytes < leastBytesForThreads || cores < 2 ? 0 : cores;
}
