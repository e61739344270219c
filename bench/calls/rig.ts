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
import type { ChosenSide } from "./plan.ts";
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
 * @param everything one more of each commit, with everything switched on
 * @param chosen of the others only these; null: all
 */
export async function startRig(
  parts: Parts,
  other: Source | null,
  everything: boolean,
  chosen: readonly ChosenSide[] | null,
  progress: (line: string) => void,
): Promise<Rig> {
  const { programs, asterisk, asteriskPid, carrier, carrierPid, ringLog } = await startTelephony(parts, progress);
  // Limits are not what `everything` is compared for: all gateways have them, or none.
  const profile = { ...callsProfile, limits: everything };
  const needs = { redisServer: programs.redisServer, asterisk, profile };
  const isChosen = (name: ChosenSide) => chosen === null || chosen.includes(name);
  const gateways: Gateway[] = [];
  if (isChosen("ours")) gateways.push(await startGateway(parts, "ours", thisCommit, needs));
  if (other !== null) gateways.push(await startGateway(parts, "other", other, needs));
  const withAll = [
    ...(everything ? [["everything", thisCommit] as const] : []),
    ...(everything && other !== null ? [["other_everything", other] as const] : []),
  ];
  for (const [name, source] of withAll) {
    const gateway = await startGateway(parts, name, source, { ...needs, profile: withEverything(profile) });
    await switchOn(parts, gateway);
    gateways.push(gateway);
  }
  const { url: ariUrl, user: ariUser, password: ariPassword } = asterisk.ari;
  const target = { ariUrl, ariUser, ariPassword, endpoint: asterisk.endpoint, ringMs };
  const sip = { redisServer: programs.redisServer, asterisk: null, carrier, profile };
  const sides = gateways.map((gateway) => gatewaySide(parts, gateway));
  for (const [name, processes] of [["ours_sip", 1] as const, ["ours_sip_two", 2] as const]) {
    if (!isChosen(name)) continue;
    sides.push(gatewaySide(parts, await startGateway(parts, name, thisCommit, { ...sip, processes }), true));
  }
  if (isChosen("bare_http")) sides.push(await startBare(parts, { control: "http", ...target }));
  if (isChosen("bare_websocket")) sides.push(await startBare(parts, { control: "websocket", ...target }));
  if (isChosen("bare_sip")) sides.push(await startBare(parts, { control: "sip", ...carrier, ringMs }));
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
