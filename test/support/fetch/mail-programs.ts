/** What the tests of e-mail need: Exim as a real mail server, and dkimpy as another implementation of DKIM. */
import { chmod, readdir } from "node:fs/promises";
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** nss_wrapper gives Exim its user without an entry in /etc/passwd. 2 MB of packages that unpack to 5 MB (Debian 12). */
const recipe: BundleRecipe = {
  name: "mail",
  packages: ["exim4-daemon-light", "libnss-wrapper", "python3-dkim"],
  mode: "additions",
  diskBytes: 50e6,
};

export interface MailPrograms {
  readonly exim: { readonly command: string; readonly env: Readonly<Record<string, string>> };
  /** Folder for PYTHONPATH with the module `dkim`. */
  readonly pythonPath: string;
}

/** @returns undefined where `ensureMailPrograms` has not fetched them */
export async function findMailPrograms(runtimeDir: string): Promise<MailPrograms | undefined> {
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle && programsIn(bundle.root);
}

/** Fetches them into .runtime. Quick when all are there. */
export async function ensureMailPrograms(runtimeDir: string, progress: (line: string) => void): Promise<void> {
  if (await findMailPrograms(runtimeDir)) return;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("Exim not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, tryOut);
}

async function programsIn(root: string): Promise<MailPrograms> {
  const libraries = libraryDirs(root);
  const wrapper = await findFile(libraries, /^libnss_wrapper\.so/);
  return {
    exim: {
      command: path.join(root, "usr/sbin/exim4"),
      env: { LD_LIBRARY_PATH: libraries.join(":"), LD_PRELOAD: wrapper },
    },
    pythonPath: path.join(root, "usr/lib/python3/dist-packages"),
  };
}

async function findFile(folders: readonly string[], name: RegExp): Promise<string> {
  for (const folder of folders) {
    const found = (await readdir(folder).catch(() => [])).find((entry) => name.test(entry));
    if (found !== undefined) return path.join(folder, found);
  }
  throw new RuntimeUnavailableError(`The fetched packages hold no ${name.source}.`);
}

async function tryOut(root: string): Promise<Record<string, string>> {
  const { exim } = await programsIn(root);
  // Debian's is setuid root; unpacked by root it would be so here, and ignore the libraries beside it for anyone else.
  await chmod(exim.command, 0o755);
  // -bV needs its user already, and has none here: what it prints counts.
  const env = { ...process.env, LD_LIBRARY_PATH: exim.env.LD_LIBRARY_PATH ?? "" };
  const { output } = await runCommand(exim.command, ["-bV"], { deadlineMs: 10_000, env });
  if (!/Exim version|failed to find uid/.test(output)) {
    throw new RuntimeUnavailableError(`The fetched Exim does not start on this machine.\n${output.slice(-500)}`);
  }
  return { exim: /Exim version (\S+)/.exec(output)?.[1] ?? "" };
}
