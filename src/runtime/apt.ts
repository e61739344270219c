import { access, copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { type OsRelease, ownSources, parseOsRelease, parseUpdateUris, telephonySources } from "./apt-sources.ts";
import { DISK_FULL, RuntimeUnavailableError } from "./errors.ts";
import { runCommand } from "./run-command.ts";

/** Which archive to fetch from, and against which list of installed packages apt resolves. */
export type AptMode =
  /** Everything down to libc from one suite, so it fits whatever the machine has. */
  | "self-contained"
  /** The machine's own suites, only what the machine lacks. */
  | "additions";

const UPDATE_DEADLINE_MS = 5 * 60_000;
/** 100 MB at 0.5 Mbit/s; apt itself gives up on a connection that stalls for 30 s. */
const DOWNLOAD_DEADLINE_MS = 30 * 60_000;
const QUERY_DEADLINE_MS = 30_000;

const KEYRINGS: Record<string, string[]> = {
  debian: ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"],
  ubuntu: ["/usr/share/keyrings/ubuntu-archive-keyring.gpg"],
};

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
  const env = await prepare(folder, mode);
  progress("reading the package lists");
  // Any missing list is an error: with half of them apt would resolve to something that cannot run.
  await apt(["update", "-q", "-o", "APT::Update::Error-Mode=any"], UPDATE_DEADLINE_MS, env);
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
    await apt([...install, "--download-only"], DOWNLOAD_DEADLINE_MS, env, report);
  }
  return plan.map((file) => file.path);
}

/** Asks apt which files the packages need, as if nothing had been downloaded yet. */
async function planDownload(
  folder: string,
  install: string[],
  env: NodeJS.ProcessEnv,
): Promise<{ path: string; bytes: number }[]> {
  const nowhere = path.join(folder, "nowhere");
  await mkdir(path.join(nowhere, "partial"), { recursive: true });
  const plan = await apt([...install, "--print-uris", "-o", `Dir::Cache::Archives=${nowhere}`], QUERY_DEADLINE_MS, env);
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

/** Writes apt's private settings below `folder`. @returns the environment that makes apt use them */
async function prepare(folder: string, mode: AptMode): Promise<NodeJS.ProcessEnv> {
  const state = path.join(folder, "state");
  await mkdir(path.join(state, "lists/partial"), { recursive: true });
  await mkdir(path.join(folder, "cache/archives/partial"), { recursive: true });
  await mkdir(path.join(folder, "empty"), { recursive: true });
  const status = path.join(state, "status");
  // A copy: apt puts its lock beside the list, where only root may write.
  if (mode === "additions") await copyFile("/var/lib/dpkg/status", status);
  else await writeFile(status, "");

  const config = [
    ...(await machineAcquireSettings()),
    `Dir::State "${state}";`,
    `Dir::State::status "${status}";`,
    `Dir::Cache "${path.join(folder, "cache")}";`,
    `Dir::Etc::SourceList "${path.join(folder, "sources.list")}";`,
    `Dir::Etc::SourceParts "${path.join(folder, "empty")}";`,
    // The machine's hooks (clean-up, desktop catalogues) and pins must neither run nor count here.
    `Dir::Etc::Parts "${path.join(folder, "empty")}";`,
    'Dir::Etc::Main "/dev/null";',
    'Dir::Etc::Preferences "/dev/null";',
    `Dir::Etc::PreferencesParts "${path.join(folder, "empty")}";`,
    // Only then does apt not switch to user _apt, who cannot read a private folder.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    // Mirrors may lag behind the date until which a list calls itself valid; signatures are checked all the same.
    'Acquire::Check-Valid-Until "false";',
    'Acquire::Retries "3";',
    'Acquire::http::Timeout "30";',
    'Acquire::https::Timeout "30";',
  ];
  const aptConf = path.join(folder, "apt.conf");
  await writeFile(aptConf, `${config.join("\n")}\n`);
  await writeFile(path.join(folder, "sources.list"), `${(await sources(folder, mode)).join("\n")}\n`);
  return { ...process.env, LC_ALL: "C", APT_CONFIG: aptConf, DEBIAN_FRONTEND: "noninteractive" };
}

/** The machine's proxies, mirrors' credentials and the like; which indexes to fetch is left at apt's default. */
async function machineAcquireSettings(): Promise<string[]> {
  const { output } = await runCommand("apt-config", ["dump"], { deadlineMs: QUERY_DEADLINE_MS });
  return output
    .split("\n")
    .filter((line) => line.startsWith("Acquire::"))
    .filter((line) => !/^Acquire::(IndexTargets|Languages)/.test(line));
}

async function sources(folder: string, mode: AptMode): Promise<string[]> {
  const os = parseOsRelease(await readFile("/etc/os-release", "utf8").catch(() => ""));
  // With an empty state apt names every list that it would fetch, also those that it has already.
  const fresh = path.join(folder, "fresh");
  await mkdir(path.join(fresh, "lists/partial"), { recursive: true });
  const asked = await runCommand("apt-get", ["update", "--print-uris", "-o", `Dir::State=${fresh}`], {
    deadlineMs: QUERY_DEADLINE_MS,
  });
  await rm(fresh, { recursive: true, force: true });
  const archives = parseUpdateUris(asked.output);
  const keyring = await findKeyring(os);
  const lines = mode === "additions" ? ownSources(os, archives, keyring) : telephonySources(os, archives, keyring);
  if (lines.length === 0) {
    throw new RuntimeUnavailableError(
      `This machine's apt names no archive of ${os.id || "Debian or Ubuntu"} to fetch from.`,
    );
  }
  return lines;
}

async function findKeyring(os: OsRelease): Promise<string | undefined> {
  for (const file of KEYRINGS[os.isUbuntu ? "ubuntu" : "debian"] ?? []) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
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

/** One sentence about why apt failed, for a person. */
export function explainAptFailure(output: string): string {
  const complaints = output.split("\n").filter((line) => /^[EW]: |^Err:/.test(line));
  const last = complaints.slice(-3).join("\n");
  if (/No space left on device|not enough free space|don't have enough/i.test(output)) {
    return `${DISK_FULL}\n${last}`;
  }
  if (
    /Temporary failure resolving|Could not resolve|Could not connect|Connection failed|Network is unreachable|timed out/i.test(
      output,
    )
  ) {
    return `The package archive cannot be reached: is this machine offline, or does apt need a proxy?\n${last}`;
  }
  if (/Unable to locate package|has no installation candidate/i.test(output)) {
    return `This machine's package archive does not carry what is needed.\n${last}`;
  }
  return `apt-get failed.\n${last || output.slice(-500)}`;
}
