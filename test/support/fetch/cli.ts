import { parseArgs } from "node:util";
import { ensureRuntime, type Program } from "../../../src/local/fetch/programs.ts";
import { findInstalled } from "../../../src/local/fetch/telephony-bundle.ts";
import { ensureTestPrograms } from "./programs.ts";

/** `npm run runtime [-- --for-tests]`: fetches the programs OneRing starts; prints which are used, and from where. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { "for-tests": { type: "boolean", default: false } } });
  const startedMs = performance.now();
  const programs = values["for-tests"]
    ? await ensureTestPrograms(showProgress)
    : await ensureRuntime({ forTests: false, progress: showProgress });
  endProgress();
  for (const [name, program] of Object.entries(programs) as [string, Program][]) {
    const where = program.root === "" ? `installed: ${program.command}` : `fetched: ${program.root}`;
    process.stdout.write(`${name.padEnd(12)}${program.version.padEnd(16)}${where}\n`);
  }
  for (const { name, command, version = "unknown", known } of (await findInstalled()).leftAlone) {
    process.stdout.write(`${name.padEnd(12)}${version.padEnd(16)}not used: ${command}; known to work is ${known}\n`);
  }
  process.stdout.write(`ready after ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

let lineOpen = false;

/** One line that is rewritten on a terminal, a line each in a log. */
function showProgress(line: string): void {
  if (!process.stderr.isTTY) {
    process.stderr.write(`runtime: ${line}\n`);
    return;
  }
  const width = (process.stderr.columns ?? 80) - 1;
  process.stderr.write(`\r\u001b[2K${`runtime: ${line}`.slice(0, width)}`);
  lineOpen = true;
}

function endProgress(): void {
  if (lineOpen) process.stderr.write("\r\u001b[2K");
  lineOpen = false;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // Through process.exit, so that children are ended by the exit hooks.
  process.once(signal, () => process.exit(signal === "SIGINT" ? 130 : 143));
}

try {
  await main();
} catch (error) {
  endProgress();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
