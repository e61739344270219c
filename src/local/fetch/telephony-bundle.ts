import path from "node:path";
import { type Bundle, type BundleRecipe, ensureBundle, readBundle } from "./bundle.ts";
import { RuntimeUnavailableError } from "./errors.ts";
import { askVersion, findOnPath, type Program } from "./on-path.ts";
import { findLoader, libraryDirs } from "./unpack.ts";
import { isKnown, knownVersions, rangeText } from "./version.ts";

export type TelephonyName = "asterisk" | "redisServer" | "sipp";
export type TelephonyPrograms = Partial<Record<TelephonyName, Program>>;

/** Where each program comes from: its names on PATH, its package, and its place in that package. */
const specs: Record<TelephonyName, { title: string; names: string[]; package: string; file: string }> = {
  asterisk: { title: "Asterisk", names: ["asterisk"], package: "asterisk", file: "usr/sbin/asterisk" },
  redisServer: {
    title: "Redis",
    names: ["redis-server", "valkey-server"],
    package: "redis-server",
    file: "usr/bin/redis-server",
  },
  sipp: { title: "SIPp", names: ["sipp"], package: "sip-tester", file: "usr/bin/sipp" },
};
const allNames = Object.keys(specs) as TelephonyName[];

/** A program of the system that is left alone: its version is not one that is known to work. */
export interface LeftAlone {
  readonly name: TelephonyName;
  readonly command: string;
  /** Undefined where it does not say, or does not start. */
  readonly version: string | undefined;
  /** "3.8 or newer, below 4" */
  readonly known: string;
}

export interface Installed {
  readonly found: TelephonyPrograms;
  readonly leftAlone: readonly LeftAlone[];
}

/** The programs that are installed in the system: those of a version that is known to work, and the others. */
export async function findInstalled(): Promise<Installed> {
  const found: TelephonyPrograms = {};
  const leftAlone: LeftAlone[] = [];
  const look = async (name: TelephonyName) => {
    const command = await findOnPath(specs[name].names);
    if (!command) return;
    const how = { command, args: [], env: {}, root: "" };
    const { version } = await askVersion(name, how);
    if (version && isKnown(version, knownVersions[name])) found[name] = { ...how, version };
    else leftAlone.push({ name, command, version, known: rangeText(knownVersions[name]) });
  };
  await Promise.all(allNames.map(look));
  return { found, leftAlone };
}

/** Adds what was fetched before to the installed programs; installed ones win. */
export async function findFetched(runtimeDir: string, installed: TelephonyPrograms): Promise<TelephonyPrograms> {
  const bundle = await readBundle(runtimeDir, recipe([]));
  return bundle ? { ...(await programsOf(bundle)), ...installed } : installed;
}

/**
 * Fetches what is neither installed nor fetched yet.
 * @param wanted the programs that must be there at the end; SIPp is small and comes along with any other
 */
export async function ensureTelephony(
  runtimeDir: string,
  wanted: readonly TelephonyName[],
  progress: (line: string) => void,
): Promise<TelephonyPrograms> {
  const { found: installed } = await findInstalled();
  const present = await findFetched(runtimeDir, installed);
  if (wanted.every((name) => present[name])) return present;
  const apt = await findOnPath(["apt-get"]);
  const dpkg = await findOnPath(["dpkg-deb"]);
  if (!apt || !dpkg) {
    const lacking = wanted.filter((name) => !present[name]).map((name) => specs[name].title);
    throw new RuntimeUnavailableError(
      `${lacking.join(" and ")} not found, and only Debian and Ubuntu (apt) can fetch what is missing.`,
    );
  }
  const missing = allNames.filter((name) => !installed[name]);
  const packages = recipe(missing.map((name) => specs[name].package));
  const bundle = await ensureBundle(runtimeDir, packages, progress, (root) => tryOut(root, missing, wanted));
  const programs = { ...(await programsOf(bundle)), ...installed };
  const unusable = wanted.find((name) => !programs[name]);
  if (unusable) throw unknownVersion(unusable, "a version that is not known to work");
  return programs;
}

function recipe(packages: string[]): BundleRecipe {
  // 92 MB of packages that unpack to 309 MB (measured), with some room for newer versions.
  return { name: "telephony", packages, mode: "self-contained", diskBytes: 550e6 };
}

async function programsOf(bundle: Bundle): Promise<TelephonyPrograms> {
  const programs: TelephonyPrograms = {};
  for (const name of allNames) {
    const version = bundle.versions[name];
    if (version) programs[name] = { ...(await unpacked(bundle.root, specs[name].file)), version };
  }
  return programs;
}

/** Runs an unpacked program with the loader and libraries that were unpacked with it; the system's may be older. */
async function unpacked(root: string, file: string): Promise<Omit<Program, "version">> {
  const loader = await findLoader(root);
  return {
    command: loader,
    args: ["--library-path", libraryDirs(root).join(":"), path.join(root, file)],
    env: {},
    root,
  };
}

/** @returns the versions of those that are known to work @throws where a wanted one is not */
async function tryOut(
  root: string,
  names: readonly TelephonyName[],
  wanted: readonly TelephonyName[],
): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of names) {
    const { version, printed } = await askVersion(name, await unpacked(root, specs[name].file));
    const { title } = specs[name];
    if (!version) throw new RuntimeUnavailableError(`The fetched ${title} does not start on this machine.\n${printed}`);
    if (isKnown(version, knownVersions[name])) versions[name] = version;
    else if (wanted.includes(name)) throw unknownVersion(name, version);
  }
  return versions;
}

function unknownVersion(name: TelephonyName, version: string): RuntimeUnavailableError {
  const { title } = specs[name];
  const known = rangeText(knownVersions[name]);
  return new RuntimeUnavailableError(
    `This machine's package archive carries ${title} ${version}; known to work is ${known}.`,
  );
}
