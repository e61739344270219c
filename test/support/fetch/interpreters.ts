/** The interpreters that run docs/examples/clients in the tests: the machine's own, else fetched into .runtime. */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath, type Program } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** A Go compiler is 81 MB to download and 464 MB on disk (Debian 12), so Go's client is tested only where `go` is installed. */
const specs = {
  php: { package: "php-cli", file: /^php\d+\.\d+$/, printed: /^PHP (\d+(?:\.\d+)+)/m },
  python3: { package: "python3", file: /^python3$/, printed: /^Python (\d+(?:\.\d+)+)/m },
} as const;

export type Interpreter = keyof typeof specs;

const names = Object.keys(specs) as Interpreter[];
const versionDeadlineMs = 10_000;

/**
 * @param runtimeDir the folder .runtime
 * @returns what runs a script of this language, or undefined where `ensureInterpreters` has not fetched it
 */
export async function findInterpreter(runtimeDir: string, name: Interpreter): Promise<Program | undefined> {
  const command = await findOnPath([name]);
  if (command) return { command, args: [], env: {}, version: "", root: "" };
  const bundle = await readBundle(runtimeDir, recipe([name]));
  const version = bundle?.versions[name];
  return bundle && version ? { ...(await unpacked(bundle.root, name)), version } : undefined;
}

/** Fetches the interpreters that the machine lacks: 3 MB for PHP. Quick when all are there. */
export async function ensureInterpreters(runtimeDir: string, progress: (line: string) => void): Promise<void> {
  const onPath = await Promise.all(names.map((name) => findOnPath([name])));
  const missing = names.filter((_, index) => onPath[index] === undefined);
  if (missing.length === 0) return;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError(
      `${missing.join(" and ")} not found, and only Debian and Ubuntu (apt) can fetch it.`,
    );
  }
  await ensureBundle(runtimeDir, recipe(missing), progress, async (root) => {
    const versions: Record<string, string> = {};
    for (const name of missing) versions[name] = await versionOf(name, await unpacked(root, name));
    return versions;
  });
}

function recipe(wanted: readonly Interpreter[]): BundleRecipe {
  // PHP alone: 3 MB of packages that unpack to 15 MB; with Python and its libraries some 60 MB.
  return {
    name: "interpreters",
    packages: wanted.map((name) => specs[name].package),
    mode: "additions",
    diskBytes: 100e6,
  };
}

/** Runs with the machine's loader, plus the libraries that were fetched because the machine lacks them. */
async function unpacked(root: string, name: Interpreter): Promise<Omit<Program, "version">> {
  const bin = path.join(root, "usr/bin");
  const file = (await readdir(bin)).find((entry) => specs[name].file.test(entry));
  if (!file) throw new RuntimeUnavailableError(`The fetched packages hold no ${name}.`);
  const env: Record<string, string> = { LD_LIBRARY_PATH: libraryDirs(root).join(":") };
  if (name === "python3") env.PYTHONHOME = path.join(root, "usr");
  // -n: no php.ini; its extensions would be looked for in the system's folders.
  return { command: path.join(bin, file), args: name === "php" ? ["-n"] : [], env, root };
}

async function versionOf(name: Interpreter, program: Omit<Program, "version">): Promise<string> {
  const env = { ...process.env, ...program.env };
  const { output } = await runCommand(program.command, [...program.args, "--version"], {
    deadlineMs: versionDeadlineMs,
    env,
  });
  const version = specs[name].printed.exec(output)?.[1];
  if (!version)
    throw new RuntimeUnavailableError(`The fetched ${name} does not start on this machine.\n${output.slice(-500)}`);
  return version;
}
