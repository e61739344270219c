/** The programs of the tests: those of the sandbox, SIPp, Chromium, and those of single features. */
import { runtimeDir } from "../../../src/local/fetch/paths.ts";
import { ensureRuntime, findPrograms, type Program, type Programs } from "../../../src/local/fetch/programs.ts";
import { ensureChromium, findChromium } from "./chromium.ts";
import { ensureKamailio } from "./kamailio.ts";
import { ensureMailPrograms } from "./mail-programs.ts";
import { ensureMariadb } from "./mariadb.ts";
import { ensureNameServer } from "./name-server.ts";
import { ensureOpenpyxl } from "./openpyxl.ts";
import { ensurePostgres } from "./postgres.ts";
import { ensurePrometheus } from "./prometheus.ts";
import { ensureSipPhone } from "./sip-phone.ts";
import { ensureSmppPeers } from "./smpp-peers.ts";

export interface TestPrograms extends Programs {
  readonly chromium?: Program;
}

/** Finds them without fetching anything. */
export async function findTestPrograms(): Promise<TestPrograms> {
  const [programs, chromium] = await Promise.all([findPrograms(), findChromium(runtimeDir)]);
  return { ...programs, ...(chromium && { chromium }) };
}

/** Fetches whatever is missing. @param progress gets a line for each step */
export async function ensureTestPrograms(progress: (line: string) => void): Promise<TestPrograms> {
  await ensureRuntime({ forTests: true, progress });
  await ensureChromium(runtimeDir, progress);
  await ensureSmppPeers(runtimeDir, progress);
  await ensureMailPrograms(runtimeDir, progress);
  await ensureNameServer(runtimeDir, progress);
  await ensureSipPhone(runtimeDir, progress);
  await ensureKamailio(runtimeDir, progress);
  await ensurePostgres(runtimeDir, progress);
  await ensureMariadb(runtimeDir, progress);
  await ensurePrometheus(runtimeDir, progress);
  await ensureOpenpyxl(runtimeDir, progress);
  return findTestPrograms();
}
