/** Prometheus and promtool, which evaluate docs/deploy in the tests. */
import { rm } from "node:fs/promises";
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 22 MB of packages, of which 19 are the two programs, that unpack to 316 MB (Debian 12); 94 MB are kept. */
const recipe: BundleRecipe = { name: "prometheus", packages: ["prometheus"], mode: "additions", diskBytes: 400e6 };

export interface PrometheusPrograms {
  /** Paths of the programs; both need only the C library. */
  readonly prometheus: string;
  readonly promtool: string;
}

/** @returns undefined where `ensurePrometheus` has not fetched them */
export async function findPrometheus(runtimeDir: string): Promise<PrometheusPrograms | undefined> {
  const bundle = await readBundle(runtimeDir, recipe);
  return bundle && programsIn(bundle.root);
}

/** Fetches them into .runtime. Quick when they are there. */
export async function ensurePrometheus(runtimeDir: string, progress: (line: string) => void): Promise<void> {
  if (await findPrometheus(runtimeDir)) return;
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("Prometheus not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    // Its pages' scripts and time zones, which no test opens.
    await rm(path.join(root, "usr/share"), { recursive: true, force: true });
    const versions: Record<string, string> = {};
    for (const [name, command] of Object.entries(programsIn(root))) {
      const { output } = await runCommand(command, ["--version"], { deadlineMs: 10_000 });
      const version = /version (\d+(?:\.\d+)+)/.exec(output)?.[1];
      if (version === undefined) {
        throw new RuntimeUnavailableError(`The fetched ${name} does not start on this machine.\n${output.slice(-500)}`);
      }
      versions[name] = version;
    }
    return versions;
  });
}

function programsIn(root: string): PrometheusPrograms {
  const bin = path.join(root, "usr/bin");
  return { prometheus: path.join(bin, "prometheus"), promtool: path.join(bin, "promtool") };
}
