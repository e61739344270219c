import { access, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../process/run-command.ts";
import { type OsRelease, ownSources, parseOsRelease, parseUpdateUris, telephonySources } from "./apt-sources.ts";
import { RuntimeUnavailableError } from "./errors.ts";

/** Which archive to fetch from, and against which list of installed packages apt resolves. */
export type AptMode =
  /** Everything down to libc from one suite, independent of the machine's own packages. */
  | "self-contained"
  /** The machine's own suites, only what the machine lacks. */
  | "additions";

/** They read the lists only, but on a machine that is busy with other things half a minute was too short. */
const queryDeadlineMs = 120_000;

const keyringFiles: Record<string, string[]> = {
  debian: ["/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp"],
  ubuntu: ["/usr/share/keyrings/ubuntu-archive-keyring.gpg"],
};

/** Writes apt's private settings below `folder`. @returns the environment that makes apt use them */
export async function writeAptSettings(folder: string, mode: AptMode): Promise<NodeJS.ProcessEnv> {
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
  const { output } = await runCommand("apt-config", ["dump"], { deadlineMs: queryDeadlineMs });
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
    deadlineMs: queryDeadlineMs,
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
  for (const file of keyringFiles[os.isUbuntu ? "ubuntu" : "debian"] ?? []) {
    const found = await access(file).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return undefined;
}
