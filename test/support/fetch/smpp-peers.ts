/** What speaks SMPP and is not ours: Net::SMPP, of which the tests make an SMSC, and tshark, which dissects it. */
import path from "node:path";
import { type BundleRecipe, ensureBundle, readBundle } from "../../../src/local/fetch/bundle.ts";
import { RuntimeUnavailableError } from "../../../src/local/fetch/errors.ts";
import { findOnPath, type Program } from "../../../src/local/fetch/on-path.ts";
import { libraryDirs } from "../../../src/local/fetch/unpack.ts";
import { runCommand } from "../../../src/local/process/run-command.ts";

/** 50 KB of Perl, and 25 MB of tshark with its libraries that unpack to 120 MB. */
const recipe: BundleRecipe = {
  name: "smpp-peers",
  packages: ["libnet-smpp-perl", "tshark"],
  mode: "additions",
  diskBytes: 250e6,
};
const versionDeadlineMs = 20_000;

export interface SmppPeers {
  /** Perl with Net::SMPP. */
  readonly perl: Program;
  readonly tshark: Program;
}

/** Fetches them; quick when they are there. */
export async function ensureSmppPeers(runtimeDir: string, progress: (line: string) => void): Promise<SmppPeers> {
  const perl = await findOnPath(["perl"]);
  if (perl === undefined || !(await findOnPath(["apt-get"]))) {
    throw new RuntimeUnavailableError(
      "The SMPP peers of the tests need perl and apt, which this machine does not have.",
    );
  }
  await ensureBundle(runtimeDir, recipe, progress, async (root) => {
    const programs = programsOf(root, perl);
    const [library, tshark] = [
      await ask(programs.perl, ["-MNet::SMPP", "-e", "print $Net::SMPP::VERSION"], /^([\d.]+)$/m),
      await ask(programs.tshark, ["--version"], /^TShark \(Wireshark\) (\d+(?:\.\d+)+)/m),
    ];
    return { "net-smpp": library, tshark };
  });
  const bundle = await readBundle(runtimeDir, recipe);
  if (bundle === undefined) throw new RuntimeUnavailableError("The SMPP peers were fetched but are not to be found.");
  return programsOf(bundle.root, perl);
}

function programsOf(root: string, perl: string): SmppPeers {
  const none = { version: "", root };
  return {
    perl: { ...none, command: perl, args: ["-I", path.join(root, "usr/share/perl5")], env: {} },
    tshark: {
      ...{ ...none, command: path.join(root, "usr/bin/tshark"), args: [] },
      // With the machine's loader, plus the libraries that were fetched because the machine lacks them.
      env: {
        LD_LIBRARY_PATH: libraryDirs(root).join(":"),
        WIRESHARK_DATA_DIR: path.join(root, "usr/share/wireshark"),
      },
    },
  };
}

async function ask({ command, args, env }: Program, own: readonly string[], printed: RegExp): Promise<string> {
  const { output } = await runCommand(command, [...args, ...own], {
    deadlineMs: versionDeadlineMs,
    env: { ...process.env, ...env },
  });
  const version = printed.exec(output)?.[1];
  if (version === undefined) {
    throw new RuntimeUnavailableError(
      `${path.basename(command)} does not start on this machine.\n${output.slice(-500)}`,
    );
  }
  return version;
}
