/** Kamailio, a SIP proxy and registrar that none of us wrote, for the tests of the SIP engine. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** Debian 12. */
const recipe: BundleRecipe = {
  name: "kamailio",
  packages: ["kamailio", "kamailio-tls-modules"],
  mode: "additions",
  diskBytes: 200e6,
};

export interface KamailioProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its modules are. */
  readonly modules: string;
}

/** Fetches it into .runtime; quick when it is there. */
export async function ensureKamailio(runtimeDir: string, progress: (line: string) => void): Promise<KamailioProgram> {
  const found = await readBundle(runtimeDir, recipe);
  if (found) return programIn(found.root);
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("Kamailio not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    const { command, env } = programIn(root);
    const { output } = await runCommand(command, ["-v"], { deadlineMs: 10_000, env: { ...process.env, ...env } });
    const version = /kamailio (\d+(?:\.\d+)+)/.exec(output)?.[1];
    if (version === undefined) {
      throw new RuntimeUnavailableError(`The fetched Kamailio does not start on this machine.\n${output.slice(-500)}`);
    }
    return { kamailio: version };
  });
  const bundle = await readBundle(runtimeDir, recipe);
  if (bundle === undefined) throw new RuntimeUnavailableError("Kamailio was fetched but is not to be found.");
  return programIn(bundle.root);
}

/** With the machine's loader, plus the libraries that were fetched because the machine lacks them. */
function programIn(root: string): KamailioProgram {
  const libraries = libraryDirs(root);
  const own = libraries.map((directory) => path.join(directory, "kamailio"));
  return {
    command: path.join(root, "usr/sbin/kamailio"),
    env: { LD_LIBRARY_PATH: [...libraries, ...own].join(":") },
    modules: own.map((directory) => path.join(directory, "modules")).join(":"),
  };
}
