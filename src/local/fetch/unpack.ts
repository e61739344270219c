import { mkdir, readdir, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { runCommand } from "../process/run-command.ts";
import { diskFull, RuntimeUnavailableError } from "./errors.ts";

const unpackDeadlineMs = 120_000;

/** Read by people or by desktops only; left out to save disk. The Asterisk documentation lies in usr/share/asterisk. */
const notNeeded = ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian"];

/** Name of the folder that holds a machine's libraries on Debian and Ubuntu, by Node's name of the architecture. */
const triplets: Record<string, string> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/**
 * Unpacks package files into `root`, which must not exist yet. Installs nothing: no script of a package is run.
 * @param progress gets a line now and then
 */
export async function unpackPackages(
  files: readonly string[],
  root: string,
  progress: (line: string) => void,
): Promise<void> {
  await mkdir(root, { recursive: true });
  progress(`unpacking ${files.length} packages`);
  const waiting = [...files];
  // Unpacking is mostly decompression: one worker a core.
  const workers = Array.from({ length: os.availableParallelism() }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      try {
        await unpackOne(file, root);
      } catch (error) {
        // The others need not start the rest.
        waiting.length = 0;
        throw error;
      }
    }
  });
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  for (const folder of notNeeded) await rm(path.join(root, folder), { recursive: true, force: true });
}

async function unpackOne(file: string, root: string): Promise<void> {
  const { code, output } = await runCommand("dpkg-deb", ["-x", file, root], { deadlineMs: unpackDeadlineMs });
  if (code === 0) return;
  if (/No space left/i.test(output)) throw new RuntimeUnavailableError(diskFull);
  // Damaged, for instance cut short by an earlier abort: must be downloaded anew.
  await rm(file, { force: true });
  throw new RuntimeUnavailableError(`${path.basename(file)} cannot be unpacked.\n${output.slice(-500)}`);
}

/** Folders of `root` that hold shared libraries. */
export function libraryDirs(root: string): string[] {
  const triplet = multiarch();
  return [path.join(root, "usr/lib", triplet), path.join(root, "lib", triplet)];
}

/**
 * Finds the dynamic loader that was unpacked, for running the unpacked programs with their own libc and libraries.
 * @returns its absolute path, e.g. …/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
 */
export async function findLoader(root: string): Promise<string> {
  for (const folder of libraryDirs(root)) {
    const names = await readdir(folder).catch(() => []);
    const loader = names.find((name) => /^ld-linux-.*\.so\.\d+$/.test(name));
    if (loader) return path.join(folder, loader);
  }
  throw new RuntimeUnavailableError("The unpacked packages hold no dynamic loader.");
}

/** Name of the folder of this machine's libraries, e.g. x86_64-linux-gnu. */
export function multiarch(): string {
  const triplet = triplets[process.arch];
  if (!triplet) throw new RuntimeUnavailableError(`Fetching programs is not supported on ${process.arch}.`);
  return triplet;
}
