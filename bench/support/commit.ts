/** The gateway of another commit: its files, its own dependencies and its own `dist/`, beside this commit's. */
import { access, lstat, mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectRoot } from "../../src/local/fetch/paths.ts";
import { runCommand } from "../../src/local/process/run-command.ts";

/** Where a gateway's files are; it runs as `node dist/main.js serve` there. */
export interface Source {
  /** Short commit id, or `this commit`. */
  readonly label: string;
  readonly root: string;
}

export const thisCommit: Source = { label: "this commit", root: projectRoot };

const gitDeadlineMs = 30_000;
/** Some hundred packages, perhaps over a slow line. */
const installDeadlineMs = 300_000;
const buildDeadlineMs = 120_000;

/**
 * Exports a commit into the machine's temporary folder (inside the project it would be linted with the project), runs
 * `npm ci` and the build there. A commit that was built before is taken as it is.
 * @throws where there is no such commit, or it does not install or build; with the end of what the command printed
 */
export async function buildCommit(commit: string, progress: (line: string) => void): Promise<Source> {
  const git = ["-C", projectRoot];
  const id = await run("git", [...git, "rev-parse", "--verify", "--end-of-options", `${commit}^{commit}`]).then(
    (printed) => printed.trim(),
    (error: Error) => {
      throw new Error(
        `--against ${commit}: no such commit here; fetch it, or give another one (${error.message.trim()})`,
      );
    },
  );
  const root = path.join(await privateFolder(), id);
  const label = id.slice(0, 7);
  if (await exists(path.join(root, "dist/main.js"))) return { label, root };
  const unfinished = `${root}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  try {
    progress(`building ${label}: export, npm ci, build; a minute or two, the first time only`);
    const archive = path.join(unfinished, "commit.tar");
    await run("git", [...git, "archive", "--format=tar", `--output=${archive}`, id]);
    await run("tar", ["-xf", archive, "-C", unfinished]);
    await rm(archive);
    await run("npm", ["--prefix", unfinished, "ci", "--no-audit", "--no-fund"], installDeadlineMs);
    await run("npm", ["--prefix", unfinished, "run", "-s", "build"], buildDeadlineMs);
    await rename(unfinished, root);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return { label, root };
}

/** @throws where another user made it: what lies in it is run */
async function privateFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const folder = path.join(tmpdir(), `onering-bench-commits-${uid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (found.uid !== uid || !found.isDirectory()) throw new Error(`${folder} belongs to another user: remove it`);
  return folder;
}

async function run(command: string, args: string[], deadlineMs = gitDeadlineMs): Promise<string> {
  const { code, output } = await runCommand(command, args, { deadlineMs });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with exit code ${code}: ${output.slice(-1000)}`);
  return output;
}

const exists = (file: string) =>
  access(file).then(
    () => true,
    () => false,
  );
