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

type Fetch = (runtimeDir: string, progress: (line: string) => void) => Promise<unknown>;

/** Each has a folder and a lock of its own below .runtime, so that they can be fetched beside each other. */
const fetches: Readonly<Record<string, Fetch>> = {
  telephony: (_, progress) => ensureRuntime({ forTests: true, progress }),
  prometheus: ensurePrometheus,
  smpp: ensureSmppPeers,
  mariadb: ensureMariadb,
  postgres: ensurePostgres,
  chromium: ensureChromium,
  phone: ensureSipPhone,
  kamailio: ensureKamailio,
  mail: ensureMailPrograms,
  names: ensureNameServer,
  openpyxl: ensureOpenpyxl,
};
/** One goes on with Asterisk and the sounds, half of all that is fetched, while the others come one after the other. */
const atOnce = 2;

/** Fetches whatever is missing. @param progress gets a line for each step */
export async function ensureTestPrograms(progress: (line: string) => void): Promise<TestPrograms> {
  const waiting = Object.entries(fetches);
  const workers = Array.from({ length: atOnce }, async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, fetch] = next;
      await fetch(runtimeDir, (line) => progress(`${name}: ${line}`));
    }
  });
  // All of them, so that nothing is fetched on behind the error.
  const failed = (await Promise.allSettled(workers)).find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return findTestPrograms();
}
