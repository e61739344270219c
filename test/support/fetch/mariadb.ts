/** MariaDB for the tests of cleaning a customer's database: fetched into .runtime, the server alone. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 8 MB of packages that unpack to 50 MB (Debian 12): no client, its tests speak the protocol. */
const recipe: BundleRecipe = {
  name: "mariadb",
  packages: ["mariadb-server-core"],
  mode: "additions",
  diskBytes: 150e6,
};
const versionDeadlineMs = 10_000;

export interface MariadbProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Folder with error messages and character sets. */
  readonly share: string;
  /** "10.11.19-MariaDB-0+deb12u1" */
  readonly version: string;
}

/** @returns undefined where `ensureMariadb` has not fetched it */
export async function findMariadb(runtimeDir: string): Promise<MariadbProgram | undefined> {
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle && { ...programIn(bundle.root), version: bundle.versions.mariadb ?? "" };
}

/** Fetches it into .runtime. Quick when it is there. */
export async function ensureMariadb(runtimeDir: string, progress: (line: string) => void): Promise<void> {
  if (await findMariadb(runtimeDir)) return;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("MariaDB not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, tryOut);
}

function programIn(root: string) {
  return {
    command: path.join(root, "usr/sbin/mariadbd"),
    env: { LD_LIBRARY_PATH: libraryDirs(root).join(":") },
    share: path.join(root, "usr/share/mysql"),
  };
}

async function tryOut(root: string): Promise<Record<string, string>> {
  const { command, env } = programIn(root);
  const options = { deadlineMs: versionDeadlineMs, env: { ...process.env, ...env } };
  const { output } = await runCommand(command, ["--no-defaults", "--version"], options);
  const version = /Ver (\S+)/.exec(output)?.[1];
  if (version === undefined)
    throw new RuntimeUnavailableError(`The fetched MariaDB does not start.\n${output.slice(-500)}`);
  return { mariadb: version };
}
