/** `onering scrub FILE`: cleans a list of phone numbers. */
import { createInterface } from "node:readline/promises";
import { type ListPlan, type OpenList, openList } from "../numbers/cleaning/files/list.ts";
import { ListUsageError } from "../numbers/cleaning/files/list-error.ts";
import type { CleaningSummary } from "../numbers/cleaning/ports.ts";
import type { ScrubAct } from "./scrub-options.ts";
import { readScrubPolicy } from "./scrub-policy.ts";
import { createProgress, grouped, noProgress, type Progress } from "./scrub-progress.ts";
import { type EndingSignal, exitCodeOf } from "./signal-exit-codes.ts";
import { keepHeapSmall } from "./small-heap.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
/**
 * @returns 0 where all rows were done, 64 where column or country have to be passed, 130 or 143 where a signal ended it
 * @throws {ListError} with what to do; {ConfigError}; what the system says of the files
 */
export async function scrub(act: ScrubAct): Promise<number> {
  keepHeapSmall();
  const policy = await readScrubPolicy(act);
  if ("wrong" in policy) return refuse(policy.wrong);
  let list: OpenList;
  try {
    list = await openList({ ...act, policy });
  } catch (error) {
    if (error instanceof ListUsageError) return refuse(error.message);
    throw error;
  }
  try {
    const refused = await confirm(list.plan, act);
    return refused ?? (await run(list, act));
  } finally {
    await list.close();
  }
}

/** @returns null where column and country were passed or are confirmed, else the exit code */
async function confirm(plan: ListPlan, { yes, quiet, json }: ScrubAct): Promise<number | null> {
  const { column, country, resumesAfter } = plan;
  const guessed = column.guessedShare !== null || country.guessedShare !== null;
  const asks = guessed && !yes && resumesAfter === null;
  if (asks || (!quiet && !json)) say(`${describe(plan)}\n`);
  if (!asks) return null;
  const pass = `--column ${JSON.stringify(column.name)}${country.country === null ? "" : ` --country ${country.country}`}`;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    return refuse(`column and country were guessed: pass ${pass}, or --yes to accept these guesses`);
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const interrupted = new AbortController();
  prompt.once("SIGINT", () => interrupted.abort());
  try {
    const answer = await prompt.question("Is this right? [Y/n] ", { signal: interrupted.signal });
    if (/^(?:y|yes|)$/i.test(answer.trim())) return null;
    return refuse("nothing was written; pass --column and --country");
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    say("\n");
    return exitCodeOf.SIGINT;
  } finally {
    prompt.close();
  }
}

function describe({ format, encoding, delimiter, header, column, country, resumesAfter }: ListPlan): string {
  const separators: Readonly<Record<string, string>> = { ",": "commas", ";": "semicolons", "\t": "tabs", "|": "pipes" };
  const form = format === "csv" || format === "tsv" ? `${separators[delimiter]}, ${encoding}, ` : "";
  const share = (found: number | null) =>
    found === null ? "" : ` (guessed: ${Math.round(found * 100)} % of the sample fit)`;
  const where =
    country.country === null
      ? "none; the sampled numbers are in international format"
      : `${country.country}${share(country.guessedShare)}`;
  return [
    `file:    ${format}, ${form}${header ? "with a header" : "without a header"}`,
    `column:  ${column.name}${share(column.guessedShare)}`,
    `country: ${where}`,
    ...(resumesAfter === null ? [] : [`resumes: after row ${grouped(resumesAfter)}`]),
  ].join("\n");
}

async function run(list: OpenList, act: ScrubAct): Promise<number> {
  const { plan } = list;
  const abort = new AbortController();
  let exitCode = 0;
  const stop = (signal: EndingSignal) => {
    // A second one does not wait for the batch: what was committed holds.
    if (abort.signal.aborted) process.exit(exitCodeOf[signal]);
    exitCode = exitCodeOf[signal];
    abort.abort();
  };
  const handlers = (Object.keys(exitCodeOf) as EndingSignal[]).map((signal) => [signal, () => stop(signal)] as const);
  for (const [signal, handler] of handlers) process.on(signal, handler);
  const progress = act.quiet || act.json ? noProgress : progressOf(plan);
  try {
    const { finished, summary } = await list.run({ signal: abort.signal, onProgress: (now) => progress.show(now) });
    progress.end();
    if (!finished) {
      say(`stopped after row ${grouped(summary.rows)}; the same command goes on from there\n`);
      return exitCode;
    }
    report(summary, act);
    return 0;
  } catch (error) {
    progress.end();
    throw explained(error, act);
  } finally {
    for (const [signal, handler] of handlers) process.off(signal, handler);
  }
}

function progressOf({ total, resumesAfter }: ListPlan): Progress {
  const { isTTY: isTerminal = false, columns = 80 } = process.stderr;
  let progress: Progress | null = null;
  return {
    show(now) {
      // Rate and time left are those of this run: they begin with its first batch.
      progress ??= createProgress({
        ...{ total, isTerminal, columns, write: say, nowMs: () => performance.now() },
        from: resumesAfter === null ? { rows: 0, position: 0 } : now,
      });
      progress.show(now);
    },
    end: () => progress?.end(),
  };
}

function report(summary: CleaningSummary, { folder, quiet, json }: ScrubAct): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(summary)}\n`);
    return;
  }
  if (quiet) return;
  const { rows, clean, rejected, suggestions, by_reason: reasons } = summary;
  const lines = [`${grouped(rows)} rows: ${grouped(clean)} clean, ${grouped(rejected)} rejected`];
  for (const [reason, count] of Object.entries(reasons)) lines.push(`  ${reason.padEnd(24)}${grouped(count)}`);
  if (suggestions > 0) lines.push(`${grouped(suggestions)} rejected rows have a suggestion`);
  process.stdout.write(`${lines.join("\n")}\n${folder}: clean.csv, rejects.csv, summary.json\n`);
}

/** What the system says of a full disk, with what to do. */
function explained(error: unknown, { folder }: ScrubAct): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const what: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EDQUOT: "the quota of the disk is used up",
    EFBIG: "a file may not become larger there",
  };
  const problem = code === undefined ? undefined : what[code];
  if (problem === undefined) return error;
  return new Error(`cannot write to ${folder}: ${problem}; make room, then the same command goes on where it was`, {
    cause: error,
  });
}

function refuse(what: string): number {
  say(`onering: ${what}\n`);
  return exitUsage;
}

function say(text: string): void {
  process.stderr.write(text);
}
