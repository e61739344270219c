/** PostgreSQL for the tests of durable records: the machine's own of a version that is known to work, else fetched into .runtime. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 20 MB of packages that unpack to 75 MB (Debian 12). */
const recipe: BundleRecipe = { name: "postgres", packages: ["postgresql"], mode: "additions", diskBytes: 250e6 };
const versionDeadlineMs = 10_000;
const oldest = 15;
const debianRoot = "usr/lib/postgresql";

export interface PostgresPrograms {
  /** Folder with initdb, postgres, psql, pg_dump, pg_restore. */
  readonly bin: string;
  readonly env: Readonly<Record<string, string>>;
  /** "15.18" */
  readonly version: string;
}

/** @returns undefined where `ensurePostgres` has not fetched it */
export async function findPostgres(runtimeDir: string): Promise<PostgresPrograms | undefined> {
  const installed = await findInstalled();
  if (installed !== undefined) return installed;
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle && unpacked(bundle.root);
}

/** Fetches it into .runtime. Quick when it is there. */
export async function ensurePostgres(runtimeDir: string, progress: (line: string) => void): Promise<PostgresPrograms> {
  const found = await findPostgres(runtimeDir);
  if (found !== undefined) return found;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError(
      `PostgreSQL ${oldest} or newer not found, and only Debian and Ubuntu (apt) can fetch it.`,
    );
  }
  const bundle = await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    return { postgres: (await unpacked(root)).version };
  });
  return unpacked(bundle.root);
}

async function findInstalled(): Promise<PostgresPrograms | undefined> {
  const onPath = await findOnPath(["initdb"]);
  const folders = [...(onPath === undefined ? [] : [path.dirname(onPath)]), ...(await binFolders("/"))];
  for (const bin of folders) {
    const version = await versionOf(bin, {}).catch(() => undefined);
    if (version !== undefined) return { bin, env: {}, version };
  }
  return undefined;
}

/** Debian has a folder for each version; the newest first. */
async function binFolders(root: string): Promise<string[]> {
  const versions = await readdir(path.join(root, debianRoot)).catch(() => []);
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => path.join(root, debianRoot, version, "bin"));
}

async function unpacked(root: string): Promise<PostgresPrograms> {
  const [bin] = await binFolders(root);
  if (bin === undefined) throw new RuntimeUnavailableError("The fetched packages hold no PostgreSQL.");
  // With the machine's loader, plus the libraries that were fetched because the machine lacks them.
  const env = { LD_LIBRARY_PATH: libraryDirs(root).join(":") };
  return { bin, env, version: await versionOf(bin, env) };
}

async function versionOf(bin: string, env: Record<string, string>): Promise<string> {
  const options = { deadlineMs: versionDeadlineMs, env: { ...process.env, ...env } };
  const { output } = await runCommand(path.join(bin, "postgres"), ["--version"], options);
  const version = /PostgreSQL\) (\d+(?:\.\d+)*)/.exec(output)?.[1];
  if (version === undefined || Number.parseInt(version, 10) < oldest) {
    throw new RuntimeUnavailableError(`PostgreSQL ${oldest} or newer is needed. ${output.slice(-500)}`);
  }
  return version;
}
