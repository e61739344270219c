/** What must hold when the longest call is over: nobody is rung, no place is taken, nothing is left on the way to the phones. */
import { ariRequest } from "../support/ari-request.ts";
import { gatewayClient } from "../support/gateway.ts";
import { readLeases, readOverdue } from "./leases.ts";
import type { GatewayProcess } from "./programs/gateway-process.ts";

type AriAccess = Parameters<typeof ariRequest>[0];

/** What is due is done within 5 s by any gateway. */
const overdueMs = 5000;

/** @returns what does not hold, in words */
export async function judgeRest(world: {
  readonly redisUrl: string;
  readonly all: readonly GatewayProcess[];
  /** What is left of calls where they were placed, in words. */
  left(): Promise<readonly string[]>;
}): Promise<string[]> {
  const { callees, places } = await readLeases(world.redisUrl);
  const leased = [...callees, ...places].filter(({ endsInMs }) => endsInMs > 0);
  const overdue = await readOverdue(world.redisUrl, overdueMs);
  return [
    ...(overdue > 0 ? [`${overdue} verifications are overdue`] : []),
    ...(await Promise.all(world.all.map(callsIn))).flat(),
    ...leased.map(({ key, endsInMs }) => `${key} outlives the longest call by ${Math.round(endsInMs)} ms`),
    ...(await world.left()),
  ];
}

/** What one gateway says of itself. */
async function callsIn({ name, url, isUp, fault }: GatewayProcess): Promise<readonly string[]> {
  if (fault !== null) return [`the gateway ${name} ${fault}`];
  if (!isUp) return [];
  const { text } = await gatewayClient(url).get("/metrics");
  const calls = /^onering_live_calls (\d+)$/m.exec(text)?.[1];
  return calls === "0" ? [] : [`the gateway ${name} counts ${calls ?? "no"} calls in progress`];
}

/** Of Asterisks: their channels. */
export async function channelsLeft(asterisks: readonly AriAccess[]): Promise<readonly string[]> {
  const answers = await Promise.all(asterisks.map((one) => ariRequest(one, "GET", "/channels")));
  const channels = answers.reduce((sum, { body }) => sum + (body as unknown[]).length, 0);
  return channels > 0 ? [`${channels} channels are left in Asterisk`] : [];
}
