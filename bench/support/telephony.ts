/** What every side calls through: one Asterisk and one SIPp carrier behind it. */
import { startAsterisk } from "../../src/local/asterisk/asterisk.ts";
import { ensureRuntime, type Programs } from "../../src/local/fetch/programs.ts";
import type { ChildExit } from "../../src/local/process/child.ts";
import { startSipp } from "../../test/support/sipp.ts";
import type { GatewayParts } from "./gateway-config.ts";
import type { Parts } from "./parts.ts";

const endpoint = "carrier";

export interface Telephony {
  readonly programs: Programs;
  readonly asterisk: NonNullable<GatewayParts["asterisk"]>;
  readonly asteriskPid: number;
  readonly carrierPid: number;
  /** Where it takes SIP over TCP. */
  readonly carrier: { readonly host: string; readonly port: number };
  /** Where the carrier writes when each phone rings and is canceled. */
  readonly ringLog: string;
}

export async function startTelephony(parts: Parts, progress: (line: string) => void): Promise<Telephony> {
  const programs = await ensureRuntime({ forTests: true, progress });
  const scenario = new URL("./carrier.xml", import.meta.url).pathname;
  const carrier = await startSipp({ scenario, transport: "tcp", trace: false, log: true });
  parts.add({ ...carrier, name: "the SIPp carrier" }, () => carrier.stop());
  const trunk = { name: endpoint, host: "127.0.0.1", port: carrier.port, transport: "tcp" } as const;
  const asterisk = await startAsterisk(programs.asterisk, { trunks: [trunk] });
  let printed = "";
  const exited = new Promise<ChildExit>((resolve) => {
    asterisk.onExit((exit, output) => {
      printed = output;
      resolve(exit);
    });
  });
  parts.add({ name: "Asterisk", pid: asterisk.pid, exited, output: () => printed }, () => asterisk.stop());
  return {
    programs,
    asterisk: { endpoint, ari: asterisk.ari, ami: asterisk.ami },
    asteriskPid: asterisk.pid,
    carrierPid: carrier.pid,
    carrier: { host: "127.0.0.1", port: carrier.port },
    ringLog: carrier.logFile,
  };
}
