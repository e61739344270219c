/** NSD, an authoritative name server, for the tests of ENUM. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 1 MB of packages that unpack to 4 MB (Debian 12). */
const recipe: BundleRecipe = { name: "name-server", packages: ["nsd"], mode: "additions", diskBytes: 50e6 };

export interface NameServerProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Fetches it into .runtime; quick when it is there. */
export async function ensureNameServer(
  runtimeDir: string,
  progress: (line: string) => void,
): Promise<NameServerProgram> {
  const found = await readBundle(runtimeDir, recipe);
  if (found) return programIn(found.root);
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("NSD not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    const { command, env } = programIn(root);
    const { output } = await runCommand(command, ["-v"], { deadlineMs: 10_000, env: { ...process.env, ...env } });
    const version = /NSD version (\d+(?:\.\d+)+)/.exec(output)?.[1];
    if (version === undefined) {
      throw new RuntimeUnavailableError(`The fetched NSD does not start on this machine.\n${output.slice(-500)}`);
    }
    return { nsd: version };
  });
  const bundle = await readBundle(runtimeDir, recipe);
  if (bundle === undefined) throw new RuntimeUnavailableError("NSD was fetched but is not to be found.");
  return programIn(bundle.root);
}

/** With the machine's loader, plus the libraries that were fetched because the machine lacks them. */
function programIn(root: string): NameServerProgram {
  return { command: path.join(root, "usr/sbin/nsd"), env: { LD_LIBRARY_PATH: libraryDirs(root).join(":") } };
}
