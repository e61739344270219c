/** baresip, a SIP phone that none of us wrote, for the tests of the SIP engine. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 2 MB of packages where the machine has a sound library, 60 MB on a bare one (Debian 12). */
const recipe: BundleRecipe = { name: "sip-phone", packages: ["baresip-core"], mode: "additions", diskBytes: 300e6 };

export interface SipPhoneProgram {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where its modules are. */
  readonly modules: string;
}

/** Fetches it into .runtime; quick when it is there. */
export async function ensureSipPhone(runtimeDir: string, progress: (line: string) => void): Promise<SipPhoneProgram> {
  const found = await readBundle(runtimeDir, recipe);
  if (found) return programIn(found.root);
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("baresip not found, and only Debian and Ubuntu (apt) can fetch it.");
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    const { command, env } = programIn(root);
    const { output } = await runCommand(command, ["-h"], { deadlineMs: 10_000, env: { ...process.env, ...env } });
    const version = /baresip v(\d+(?:\.\d+)+)/.exec(output)?.[1];
    if (version === undefined) {
      throw new RuntimeUnavailableError(`The fetched baresip does not start on this machine.\n${output.slice(-500)}`);
    }
    return { baresip: version };
  });
  const bundle = await readBundle(runtimeDir, recipe);
  if (bundle === undefined) throw new RuntimeUnavailableError("baresip was fetched but is not to be found.");
  return programIn(bundle.root);
}

/** With the machine's loader, plus the libraries that were fetched because the machine lacks them. */
function programIn(root: string): SipPhoneProgram {
  return {
    command: path.join(root, "usr/bin/baresip"),
    env: { LD_LIBRARY_PATH: libraryDirs(root).join(":") },
    modules: path.join(root, "usr/lib/baresip/modules"),
  };
}
