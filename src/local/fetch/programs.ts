import { RuntimeUnavailableError } from "./errors.ts";
import type { Program } from "./on-path.ts";
import { runtimeDir } from "./paths.ts";
import { ensureSounds } from "./sound-bundle.ts";
import { ensureTelephony, findFetched, findInstalled } from "./telephony-bundle.ts";

export type { Program } from "./on-path.ts";

/** The programs that the sandbox starts, and SIPp, the carrier of the tests, where it was fetched. */
export interface Programs {
  readonly asterisk: Program;
  readonly redisServer: Program;
  readonly sipp?: Program;
}

/**
 * Finds the programs without fetching anything: installed ones of a known version first, then those below .runtime.
 * @throws RuntimeUnavailableError with the advice to run `npm run runtime` when Asterisk or Redis is missing
 */
export async function findPrograms(): Promise<Programs> {
  const { found } = await findInstalled();
  const { asterisk, redisServer, sipp } = await findFetched(runtimeDir, found);
  if (!asterisk || !redisServer) {
    throw new RuntimeUnavailableError("Asterisk and Redis are not here yet: run `npm run runtime` to fetch them.");
  }
  return { asterisk, redisServer, ...(sipp && { sipp }) };
}

/**
 * Fetches missing programs into .runtime; quick when all are there.
 * @param options.forTests also SIPp; the tests' other programs are fetched by test/support/fetch
 * @param options.progress gets a line for each step, at most about one a second
 * @throws RuntimeUnavailableError saying what went wrong and what to do
 */
export async function ensureRuntime(options: {
  readonly forTests: boolean;
  readonly progress: (line: string) => void;
}): Promise<Programs> {
  const { forTests, progress } = options;
  await ensureTelephony(runtimeDir, ["asterisk", "redisServer", ...(forTests ? (["sipp"] as const) : [])], progress);
  try {
    await ensureSounds(progress);
  } catch (error) {
    // Only voice calls need them; tests of those fail without.
    if (!(error instanceof RuntimeUnavailableError)) throw error;
    progress(`no sounds for voice calls: ${error.message.split("\n")[0]}`);
  }
  return findPrograms();
}
