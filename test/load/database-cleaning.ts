/**
 * `npm run load:database [-- ROWS [postgres|mysql]]`: cleans a large table with writers beside, kills the run at random points,
 * checks every row, undoes it, and prints how long locks were held and writers waited.
 */
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { HoldTimes } from "../../src/numbers/cleaning/database/hold-times.ts";
import { kinds, startServer } from "../support/customers/database.ts";
import { runTrial } from "../support/customers/trial.ts";
import { ensureTestPrograms } from "../support/fetch/programs.ts";

const [rowsText = "1000000", only = ""] = process.argv.slice(2);
const rows = Number(rowsText);
const say = (line: string) => void process.stdout.write(`${line}\n`);

function waitsText(waits: HoldTimes): string {
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((share) => waits.quantileMs(share).toFixed(1));
  return `${waits.count} writes, p50 ${p50} ms, p99 ${p99} ms, p99.9 ${p999} ms, at most ${waits.maxMs.toFixed(1)} ms`;
}

if (process.env.RUNTIME_IS_THERE === undefined) {
  await ensureTestPrograms((line) => void process.stderr.write(`${line}\n`));
}
for (const kind of kinds) {
  if (only !== "" && only !== kind) continue;
  const folder = await mkdtemp(path.join(tmpdir(), "onering-cleaning-"));
  const server = await startServer(kind);
  try {
    const result = await runTrial(server, {
      ...{
        rows,
        clients: 4,
        writerPauseMs: 4,
        kills: 10,
        aloneMs: 5000,
        linesBetween: Math.max(2, Math.round(rows / 7000)),
      },
      ...{ folder: path.join(folder, "run"), below: (limit: number) => randomInt(limit) },
    });
    const { kills, changed, seconds, writes, wrong, changedTwice, undoKept, notRestored } = result;
    say(
      `${kind}: ${rows} rows, ${changed} changes in ${seconds.toFixed(0)} s (reading included), killed ${kills} times`,
    );
    say(result.output.trimEnd());
    say(`writers alone: ${waitsText(result.quietWaits)}`);
    say(`writers beside: ${waitsText(result.waits)}; ${writes} writes changed a row`);
    say(`rows that are wrong: ${wrong.length}; changed twice: ${changedTwice}`);
    say(result.undoOutput.trimEnd());
    say(`left by undo, for writers had changed them: ${undoKept}; not restored: ${notRestored.length}`);
    for (const line of [...wrong, ...notRestored].slice(0, 20)) say(`  ${line}`);
    if (wrong.length + notRestored.length + changedTwice > 0) process.exitCode = 1;
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
