/** `npm run trials -- <name> [seconds]`: what one app or destination can do to all others, on real programs. */
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { runTrial, type TrialName, trialNames } from "./trials.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
const mostSeconds = 600;

const [name = "", given = "60"] = process.argv.slice(2);
const seconds = Number(given);
const isTrial = (text: string): text is TrialName => trialNames.some((one) => one === text);
if ((name !== "all" && !isTrial(name)) || !(seconds >= 1 && seconds <= mostSeconds)) {
  process.stderr.write(`usage: npm run trials -- all|${trialNames.join("|")} [seconds, at most ${mostSeconds}]\n`);
  process.exit(exitUsage);
}
await ensureRuntime({ forTests: true, progress: (line) => void process.stderr.write(`${line}\n`) });
for (const one of trialNames) {
  if (name !== "all" && name !== one) continue;
  for (const { line } of await runTrial(one, seconds)) process.stdout.write(`${one}: ${line}\n`);
}
process.exit(0);
