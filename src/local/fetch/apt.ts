import { mkdir, stat } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../process/run-command.ts";
import { explainAptFailure } from "./apt-failure.ts";
import { type AptMode, writeAptSettings } from "./apt-settings.ts";
import { RuntimeUnavailableError } from "./errors.ts";

const updateDeadlineMs = 5 * 60_000;
/** 100 MB at 0.5 Mbit/s; apt itself gives up on a connection that stalls for 30 s. */
const downloadDeadlineMs = 30 * 60_000;
/** They read the lists only, but on a machine that is busy with other things half a minute was too short. */
const queryDeadlineMs = 120_000;

/**
 * Downloads packages with all they depend on into a private folder, with the machine's archives, proxies and keys but
 * without its state: needs no root and changes nothing outside `folder`. An aborted download goes on where it stopped.
 * @param folder where apt keeps its lists, its settings and the downloaded packages
 * @param packages names of packages
 * @param progress gets a line now and then about what is being downloaded
 * @returns paths of the downloaded .deb files
 */
export async function downloadPackages(
  folder: string,
  packages: readonly string[],
  mode: AptMode,
  progress: (line: string) => void,
): Promise<string[]> {
  const env = await writeAptSettings(folder, mode);
  progress("reading the package lists");
  await updateLists((args) => apt(args, updateDeadlineMs, env), progress);
  const install = ["install", "-q", "-y", "--no-install-recommends", ...packages];
  const plan = await planDownload(folder, install, env);
  const missing = [];
  for (const file of plan) {
    const size = await stat(file.path).then(
      (found) => found.size,
      () => -1,
    );
    if (size !== file.bytes) missing.push(file);
  }
  if (missing.length > 0) {
    const bytes = missing.reduce((sum, file) => sum + file.bytes, 0);
    const report = downloadReporter(missing.length, bytes, progress);
    await apt([...install, "--download-only"], downloadDeadlineMs, env, report);
  }
  return plan.map((file) => file.path);
}

/** Any missing list is an error: with half of them apt would resolve to something that cannot run. */
const update = ["update", "-q", "-o", "APT::Update::Error-Mode=any"];

/**
 * A mirror may lag behind the date until which its lists call themselves valid. They are read all the same then, with
 * their signatures checked, and that is said: an old list may name packages with known holes.
 */
export async function updateLists(
  run: (args: string[]) => Promise<unknown>,
  progress: (line: string) => void,
): Promise<void> {
  try {
    await run(update);
  } catch (error) {
    if (!isExpired(error)) throw error;
    progress("WARNING: the archive's lists have expired (is this machine's clock right?); using them all the same");
    await run([...update, "-o", "Acquire::Check-Valid-Until=false"]);
  }
}

/** "E: Release file for … is expired (invalid since 3d 2h). Updates for this repository will not be applied." */
function isExpired(error: unknown): boolean {
  return error instanceof Error && /is expired \(invalid since/.test(error.message);
}

/** Asks apt which files the packages need, as if nothing had been downloaded yet. */
async function planDownload(
  folder: string,
  install: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ path: string; bytes: number }[]> {
  const nowhere = path.join(folder, "nowhere");
  await mkdir(path.join(nowhere, "partial"), { recursive: true });
  const plan = await apt([...install, "--print-uris", "-o", `Dir::Cache::Archives=${nowhere}`], queryDeadlineMs, env);
  return [...plan.matchAll(/^'[^']+' (\S+\.deb) (\d+) /gm)].map(([, name = "", bytes]) => ({
    path: path.join(folder, "cache/archives", name),
    bytes: Number(bytes),
  }));
}

/** Turns apt's "Get:12 …" lines into "12 of 181 packages, 40 of 92 MB: libfoo", at most one a second. */
function downloadReporter(count: number, bytes: number, progress: (line: string) => void): (line: string) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  let doneBytes = 0;
  const total = megabytes(bytes);
  progress(`downloading ${count} packages, ${total} MB`);
  return (line) => {
    const match = /^Get:(\d+) \S+ \S+ \S+ (\S+) .*\[([\d.]+) (B|kB|MB)\]$/.exec(line);
    if (!match) return;
    const unit = match[4] === "MB" ? 1e6 : match[4] === "kB" ? 1e3 : 1;
    const soFar = megabytes(doneBytes);
    doneBytes += Number(match[3]) * unit;
    const nowMs = performance.now();
    if (nowMs - lastMs < 1000 && Number(match[1]) < count) return;
    lastMs = nowMs;
    progress(`downloading package ${match[1]} of ${count}, ${soFar} of ${total} MB: ${match[2]}`);
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

/** Runs apt-get. @returns what it printed @throws RuntimeUnavailableError with its last complaint */
async function apt(
  args: string[],
  deadlineMs: number,
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => {},
): Promise<string> {
  const { code, output } = await runCommand("apt-get", args, { deadlineMs, env, onLine });
  if (code !== 0) throw new RuntimeUnavailableError(explainAptFailure(output));
  return output;
}
