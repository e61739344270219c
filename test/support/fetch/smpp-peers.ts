/** Programs that speak SMPP and are not ours: Kannel (a gateway with an SMPP server) and tshark (a dissector). */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath, type Program } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** Where the packages put them, and what they print as their version. */
const specs = {
  bearerbox: { file: "usr/sbin/bearerbox", args: ["--version"], printed: /bearerbox version `?([\d.]+)/i },
  opensmppbox: { file: "usr/sbin/opensmppbox", args: ["--version"], printed: /version `?([\w.-]+)/i },
  tshark: { file: "usr/bin/tshark", args: ["--version"], printed: /TShark \(Wireshark\) (\d+(?:\.\d+)+)/ },
} as const;

export type SmppPeer = keyof typeof specs;

/** 25 MB of packages that unpack to 130 MB, mostly dissectors. */
const recipe: BundleRecipe = {
  name: "smpp-peers",
  packages: ["kannel", "kannel-extras", "tshark"],
  mode: "additions",
  diskBytes: 250e6,
};
const versionDeadlineMs = 20_000;

/** @returns undefined where `ensureSmppPeers` has not fetched it */
export async function findSmppPeer(runtimeDir: string, name: SmppPeer): Promise<Program | undefined> {
  const bundle = await readBundle(runtimeDir, recipe);
  const version = bundle?.versions[name];
  return bundle && version ? { ...unpacked(bundle.root, name), version } : undefined;
}

/** Fetches them; quick when they are there. */
export async function ensureSmppPeers(runtimeDir: string, progress: (line: string) => void): Promise<void> {
  if (!(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError("Kannel and tshark are fetched by apt, which this machine does not have.");
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    const versions: Record<string, string> = {};
    for (const name of Object.keys(specs) as SmppPeer[]) versions[name] = await versionOf(name, unpacked(root, name));
    return versions;
  });
}

/** Run with the machine's loader, plus the libraries that were fetched because the machine lacks them. */
function unpacked(root: string, name: SmppPeer): Omit<Program, "version"> {
  const env = {
    LD_LIBRARY_PATH: libraryDirs(root).join(":"),
    WIRESHARK_DATA_DIR: path.join(root, "usr/share/wireshark"),
  };
  return { command: path.join(root, specs[name].file), args: [], env, root };
}

async function versionOf(name: SmppPeer, program: Omit<Program, "version">): Promise<string> {
  const env = { ...process.env, ...program.env };
  const { output } = await runCommand(program.command, specs[name].args, { deadlineMs: versionDeadlineMs, env });
  const version = specs[name].printed.exec(output)?.[1];
  if (!version) {
    throw new RuntimeUnavailableError(`The fetched ${name} does not start on this machine.\n${output.slice(-500)}`);
  }
  return version;
}
