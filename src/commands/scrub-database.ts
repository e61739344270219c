/** `onering scrub --postgres|--mysql`: cleans a column of a table in a customer's database; `--undo DIR` puts it back. */
import { apiKeyVariable } from "../config/other-variables.ts";
import { followNumberEvents } from "../numbers/cleaning/database/number-events.ts";
import { createPace } from "../numbers/cleaning/database/pace.ts";
import { clean, undoRun, type Watcher } from "../numbers/cleaning/database/run.ts";
import { type DatabaseSummary, summaryText } from "../numbers/cleaning/database/summary.ts";
import { watch } from "../numbers/cleaning/database/watch.ts";
import { createJudge } from "../numbers/cleaning/judge.ts";
import { type DatabaseAct, readDatabaseUrl } from "./scrub-database-options.ts";
import { readScrubPolicy } from "./scrub-policy.ts";
import { exitCodeOf } from "./signal-exit-codes.ts";

const progressMs = 1000;
/** Between two looks for new rows. */
const pollMs = 10_000;
const settleMs = 5000;

/**
 * @returns 0 done; 1 rows were left, for others held or changed them; 130 or 143 where a signal ended it: the same command goes on
 * @throws {Error} with what is wrong
 */
export async function scrubDatabase(act: DatabaseAct): Promise<number> {
  const url = await readDatabaseUrl(act.urlFile, process.env);
  const stop = stopBySignal();
  const watcher = createWatcher();
  try {
    return await (act.act === "undo"
      ? undoIt(act, url, watcher, stop.signal)
      : cleanIt(act, url, watcher, stop.signal));
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
    process.stderr.write("stopped; the same command goes on from here\n");
    return stop.exitCode();
  } finally {
    stop.end();
    watcher.end();
  }
}

async function cleanIt(
  act: DatabaseAct & { act: "clean" },
  url: string,
  watcher: Watcher,
  signal: AbortSignal,
): Promise<number> {
  const policy = await readScrubPolicy(act);
  if ("wrong" in policy) throw new Error(policy.wrong);
  const judging = JSON.stringify(policy);
  const judge = createJudge(policy);
  const summary = await clean({ ...act, url, judge, judging, watcher, signal });
  print(act, summary, summaryText(summary));
  if (act.actions !== null && act.watch !== null) {
    const { updatedColumn, gateway } = act.watch;
    const key = gateway === null ? "" : gatewayKey();
    watcher.note("watching; stop with Ctrl-C");
    const pace = createPace(signal);
    const events = (lastEventId: string | null) =>
      gateway === null ? null : followNumberEvents({ gateway, key, lastEventId, settleMs, note: watcher.note, signal });
    await watch({ ...act, actions: act.actions, url, judge, updatedColumn, events, pollMs, watcher, pace, signal });
    return 0;
  }
  if (act.actions === null) watcher.note(`nothing was changed; see ${act.folder}, then use --apply`);
  return locked(summary) > 0 ? 1 : 0;
}

function gatewayKey(): string {
  const key = process.env[apiKeyVariable];
  if (key === undefined || key === "")
    throw new Error(`set ${apiKeyVariable} to a key of the gateway with the scopes read and lookup`);
  return key;
}

async function undoIt(act: DatabaseAct, url: string, watcher: Watcher, signal: AbortSignal): Promise<number> {
  const undone = await undoRun({ ...act, url, watcher, signal });
  const { restored, already, kept, locks } = undone;
  const held = `p50 ${locks.p50_ms} ms, p99 ${locks.p99_ms} ms, at most ${locks.max_ms} ms`;
  const lines = [
    `${restored} rows restored, ${already} were so already, ${kept} left as they are (undo-report.ndjson)`,
    `locks held in ${locks.transactions} transactions: ${held}`,
  ];
  print(act, undone, `${lines.join("\n")}\n`);
  return kept > 0 ? 1 : 0;
}

function print({ quiet, json }: DatabaseAct, summary: object, text: string): void {
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else if (!quiet) process.stdout.write(text);
}

function locked({ applied }: DatabaseSummary): number {
  return applied === null ? 0 : applied.rejects.locked + applied.normalised.locked;
}

/** The first signal lets the transaction end; a second one ends the process as usual. */
function stopBySignal() {
  const controller = new AbortController();
  let exitCode = 0;
  const handlers = Object.entries(exitCodeOf).map(([signal, code]) => {
    const stop = () => {
      exitCode = code;
      controller.abort();
    };
    process.once(signal, stop);
    return () => process.off(signal, stop);
  });
  return {
    signal: controller.signal,
    exitCode: () => exitCode,
    end() {
      for (const off of handlers) off();
    },
  };
}

/** On standard error: notes, and on a terminal a line that grows. */
function createWatcher(): Watcher & { end(): void } {
  const shows = process.stderr.isTTY;
  const startedAtMs = performance.now();
  let shownAtMs = startedAtMs;
  let open = false;
  const end = () => {
    if (open) process.stderr.write("\n");
    open = false;
  };
  return {
    note(text) {
      end();
      process.stderr.write(`note: ${text}\n`);
    },
    progress(what, rows) {
      const nowMs = performance.now();
      if (!shows || nowMs - shownAtMs < progressMs) return;
      shownAtMs = nowMs;
      open = true;
      process.stderr.write(`\r${rows} rows ${what}, ${Math.round((rows / (nowMs - startedAtMs)) * 1000)} a second `);
    },
    end,
  };
}
