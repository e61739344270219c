/**
 * `npm test [-- ARGUMENTS OF VITEST]`: the build, the types and the lint one after the other, each of which takes all cores, then
 * the tests. The programs that they start are fetched beside all that, which mostly waits for the package archive: tests that need
 * none of them come first, and the others wait for the end of the fetch (support/fetched.ts). What failed is tried once more
 * (unsteady.ts).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import path from "node:path";
import { fetchPidVariable } from "./support/fetched.ts";
import { filesToTryAgain, mergeSecondTry, readReport } from "./unsteady.ts";

const root = path.join(import.meta.dirname, "..");
const vitest = [path.join(root, "node_modules/vitest/vitest.mjs"), "run", "--config", "test/vitest.config.ts"];
/** As test/vitest.config.ts says. */
const reportFile = path.join(root, ".runtime/test-report.json");
const secondReportFile = path.join(root, ".runtime/second-try.json");

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): ChildProcess {
  return spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], env });
}

/** Runs a script of package.json. */
const npm = (script: string, ...args: string[]) => start("npm", ["run", "-s", script, ...args]);

/** @returns whether it ended well */
async function passes(what: string, child: ChildProcess): Promise<boolean> {
  const [code] = await once(child, "exit");
  if (code !== 0) process.stderr.write(`${what} failed\n`);
  return code === 0;
}

async function passInTurn(...scripts: string[]): Promise<boolean> {
  for (const script of scripts) if (!(await passes(`npm run ${script}`, npm(script)))) return false;
  return true;
}

/** @returns whether what failed passes when nothing else runs */
async function passesAlone(): Promise<boolean> {
  const first = await readReport(reportFile).catch(() => null);
  const files = first === null ? [] : filesToTryAgain(first);
  if (first === null || files.length === 0) return false;
  process.stdout.write(`tried again alone: ${files.join(" ")}\n`);
  const options = ["--maxWorkers", "1", "--outputFile.json", secondReportFile];
  const passed = await passes("vitest again", start(process.execPath, [...vitest, ...options, ...files]));
  const second = await readReport(secondReportFile).catch(() => null);
  const unsteady = second === null ? [] : await mergeSecondTry(reportFile, first, second);
  for (const test of unsteady) process.stdout.write(`unsteady, passed alone: ${test}\n`);
  return passed;
}

await Promise.all([reportFile, secondReportFile].map((file) => rm(file, { force: true })));
const fetching = npm("runtime", "--", "--for-tests");
const fetched = passes("npm run runtime", fetching);
let isSound = await passInTurn("build", "check:types", "check:lint");
if (isSound) {
  const args = [...vitest, ...process.argv.slice(2)];
  const tests = start(process.execPath, args, { ...process.env, [fetchPidVariable]: String(fetching.pid) });
  // Without the programs most tests fail, each in its own words.
  void fetched.then((isFetched) => isFetched || tests.kill());
  isSound = (await passes("vitest", tests)) || ((await fetched) && (await passesAlone()));
}
process.exitCode = (await fetched) && isSound ? 0 : 1;
