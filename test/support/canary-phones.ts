/** What phones behind carriers saw, told as a sandbox tells it: for canaries whose carriers bring no call back. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { doctor as runDoctor } from "./doctor.ts";
import type { SippCarrier } from "./sipp.ts";
import { callsPlaced } from "./sipp-log.ts";

export interface PhoneCall {
  readonly id: string | undefined;
  readonly to: string | undefined;
  readonly caller_id: string | undefined;
}

/** Serves `GET /sandbox/calls`. @param calls of all phones */
export async function startPhones(calls: () => Promise<readonly PhoneCall[]>) {
  const server = createServer(async (_request, response) => {
    response.end(JSON.stringify(await calls()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The INVITEs that a carrier got. @param fromOnly its phone shows From and not what was asserted */
export async function callsOf(carrier: SippCarrier, fromOnly: boolean): Promise<readonly PhoneCall[]> {
  const invites = (await carrier.messages()).filter(
    ({ method, direction }) => method === "INVITE" && direction === "received",
  );
  return invites.map(({ startLine, header }) => {
    const user = (text = "") => /sips?:([^@>;]*)@/.exec(text)?.[1];
    const asserted = fromOnly ? undefined : user(header("P-Asserted-Identity")[0]);
    return { id: header("Call-ID")[0], to: user(startLine), caller_id: asserted ?? user(header("From")[0]) };
  });
}

export const invitesTo = async (carrier: SippCarrier) => callsPlaced(await carrier.messages());

/** Runs `onering doctor --canary`. */
export async function runCanary(document: Record<string, unknown>, ...options: string[]) {
  const { code, output } = await runDoctor(document, "--canary", ...options);
  const lines = output.split("\n").filter((line) => line.includes("Canary"));
  return { code, output, canary: lines.join("\n") };
}
