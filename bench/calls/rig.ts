/** The sides of the comparison and what they call through. */
import { type Source, thisCommit } from "../support/commit.ts";
import { switchOn, withEverything } from "../support/everything.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { callsProfile, ringMs } from "../support/gateway-config.ts";
import type { Parts } from "../support/parts.ts";
import { childrenOf } from "../support/process-stats.ts";
import { startTelephony } from "../support/telephony.ts";
import type { Halves } from "./arrangement.ts";
import type { Shared } from "./measure.ts";
import { createRingLog } from "./ring-log.ts";
import { gatewaySide, type Side, startBare } from "./side.ts";

export interface Rig {
  readonly sides: readonly Side[];
  readonly shared: Shared;
  readonly asteriskVersion: string;
  readonly halves: Halves;
}

/**
 * @param other one more gateway, of another commit; null: none
 * @param everything one more of this commit, with everything switched on
 */
export async function startRig(
  parts: Parts,
  other: Source | null,
  everything: boolean,
  progress: (line: string) => void,
): Promise<Rig> {
  const { programs, asterisk, asteriskPid, carrier, carrierPid, ringLog } = await startTelephony(parts, progress);
  const needs = { redisServer: programs.redisServer, asterisk, profile: callsProfile };
  const gateways: Gateway[] = [await startGateway(parts, "ours", thisCommit, needs)];
  if (other !== null) gateways.push(await startGateway(parts, "other", other, needs));
  if (everything) {
    const profile = withEverything(callsProfile);
    const gateway = await startGateway(parts, "everything", thisCommit, { ...needs, profile });
    await switchOn(parts, gateway);
    gateways.push(gateway);
  }
  const { url: ariUrl, user: ariUser, password: ariPassword } = asterisk.ari;
  const target = { ariUrl, ariUser, ariPassword, endpoint: asterisk.endpoint, ringMs };
  const sip = { redisServer: programs.redisServer, asterisk: null, carrier, profile: callsProfile };
  const one = await startGateway(parts, "ours_sip", thisCommit, sip);
  const two = await startGateway(parts, "ours_sip_two", thisCommit, { ...sip, processes: 2 });
  const sides = [
    ...gateways.map((gateway) => gatewaySide(parts, gateway)),
    gatewaySide(parts, one, true),
    gatewaySide(parts, two, true),
    await startBare(parts, { control: "http", ...target }),
    await startBare(parts, { control: "websocket", ...target }),
    await startBare(parts, { control: "sip", ...carrier, ringMs }),
  ];
  const halves = {
    telephonyPids: [asteriskPid, carrierPid],
    // This process is the load.
    gatewayPids: [
      ...sides.flatMap(({ pid, redisPid }) => [pid, ...childrenOf(pid), ...(redisPid === null ? [] : [redisPid])]),
      process.pid,
    ],
  };
  const { version } = programs.asterisk;
  const shared = { asteriskPid, carrierPid, ringLog: createRingLog(ringLog) };
  return { sides, halves, shared, asteriskVersion: version };
}
