import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import { runCommand } from "../process/run-command.ts";
import { parseVersion, type VersionedProgram } from "./version.ts";

const versionDeadlineMs = 10_000;

/** A program, ready to be spawned: `command` with `args` first, then one's own arguments, in `env` added to ours. */
export interface Program {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  /** Dotted digits, e.g. "22.10.1". */
  readonly version: string;
  /** Folder that the program's packages were unpacked to; "" where it is installed in the system. */
  readonly root: string;
}

/** sbin is where distributions put asterisk; it is often not on a user's PATH. */
const systemFolders = ["/usr/sbin", "/usr/local/sbin"];

/** The absolute path of the first of `names` on PATH (or in sbin), or undefined. */
export async function findOnPath(names: readonly string[]): Promise<string | undefined> {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), ...systemFolders];
  for (const name of names) {
    for (const folder of folders.filter((entry) => path.isAbsolute(entry))) {
      const file = path.join(folder, name);
      const usable = await access(file, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (usable) return file;
    }
  }
  return undefined;
}

/**
 * Starts a program once to learn its version.
 * @returns its version, undefined when it does not start or says none; and what it printed, for error messages
 */
export async function askVersion(
  program: VersionedProgram,
  how: Omit<Program, "version">,
): Promise<{ version: string | undefined; printed: string }> {
  const flag = { asterisk: "-V", redisServer: "--version", sipp: "-v", chromium: "--version", espeakNg: "--version" }[
    program
  ];
  try {
    const options = { deadlineMs: versionDeadlineMs, env: { ...process.env, ...how.env } };
    // SIPp ends with status 99 after -v: what it prints counts, not the status.
    const { output } = await runCommand(how.command, [...how.args, flag], options);
    return { version: parseVersion(program, output), printed: output.slice(-500) };
  } catch (error) {
    return { version: undefined, printed: String(error) };
  }
}
