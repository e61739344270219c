/** openpyxl, which writes the workbooks of the tests: a real program's, not our own writer's. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath, type Program } from "../../../src/local/fetch/on-path.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";
import { ensureInterpreters, findInterpreter } from "./interpreters.ts";

/** 160 KB; with the machine's Python, or the one of the interpreters. */
const recipe: BundleRecipe = {
  name: "openpyxl",
  packages: ["python3-openpyxl", "python3-et-xmlfile"],
  mode: "additions",
  diskBytes: 100e6,
};
const versionDeadlineMs = 20_000;

/** Python with openpyxl; fetched where it is not there. */
export async function ensureOpenpyxl(runtimeDir: string, progress: (line: string) => void): Promise<Program> {
  await ensureInterpreters(runtimeDir, progress);
  const python = await findInterpreter(runtimeDir, "python3");
  if (python === undefined || !(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError(
      "The workbooks of the tests need Python and apt, which this machine does not have.",
    );
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => ({
    openpyxl: await versionOf(withModules(python, root)),
  }));
  const bundle = await readBundle(runtimeDir, recipe);
  if (bundle === undefined) throw new RuntimeUnavailableError("openpyxl was fetched but is not to be found.");
  return { ...withModules(python, bundle.root), version: bundle.versions.openpyxl ?? "" };
}

function withModules(python: Program, root: string): Program {
  return { ...python, env: { ...python.env, PYTHONPATH: path.join(root, "usr/lib/python3/dist-packages") } };
}

async function versionOf({ command, args, env }: Program): Promise<string> {
  const { output } = await runCommand(command, [...args, "-c", "import openpyxl; print(openpyxl.__version__)"], {
    deadlineMs: versionDeadlineMs,
    env: { ...process.env, ...env },
  });
  const version = /^(\d+(?:\.\d+)+)$/m.exec(output)?.[1];
  if (version === undefined) throw new RuntimeUnavailableError(`openpyxl does not start here.\n${output.slice(-500)}`);
  return version;
}
