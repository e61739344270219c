import { ensureChromium, findChromium } from "./chromium.ts";
import { RuntimeUnavailableError } from "./errors.ts";
import type { Program } from "./on-path.ts";
import { runtimeDir } from "./paths.ts";
import { ensureTelephony, findFetched, findInstalled } from "./telephony-bundle.ts";

export type { Program } from "./on-path.ts";

/** The programs OneRing starts. SIPp (the carrier of the tests) and Chromium are only there where tests are run. */
export interface Programs {
  asterisk: Program;
  redisServer: Program;
  sipp?: Program;
  chromium?: Program;
}

/**
 * Finds the programs without fetching anything: suitable ones of the system first, then those below .runtime.
 * @throws RuntimeUnavailableError telling to run `npm run runtime` when Asterisk or Redis is missing
 */
export async function findPrograms(): Promise<Programs> {
  const [telephony, chromium] = await Promise.all([findInstalled(), findChromium(runtimeDir)]);
  const { asterisk, redisServer, sipp } = await findFetched(runtimeDir, telephony);
  if (!asterisk || !redisServer) {
    throw new RuntimeUnavailableError("Asterisk and Redis are not here yet: run `npm run runtime` to fetch them.");
  }
  return { asterisk, redisServer, ...(sipp && { sipp }), ...(chromium && { chromium }) };
}

/**
 * Fetches whatever is missing into .runtime; quick when all is there.
 * @param options.forTests also SIPp and Chromium
 * @param options.progress gets a line for each step, at most about one a second
 * @throws RuntimeUnavailableError saying what went wrong and what to do
 */
export async function ensureRuntime(options: {
  forTests: boolean;
  progress: (line: string) => void;
}): Promise<Programs> {
  const { forTests, progress } = options;
  await ensureTelephony(
    runtimeDir,
    forTests ? ["asterisk", "redisServer", "sipp"] : ["asterisk", "redisServer"],
    progress,
  );
  if (forTests) await ensureChromium(runtimeDir, progress);
  return findPrograms();
}
