/** What must hold when the longest call is over: nobody is rung, no place is taken, nothing is left on the way to the phones. */
import { ariRequest } from "../support/ari-request.ts";
import { readLeases } from "./leases.ts";

type AriAccess = Parameters<typeof ariRequest>[0];

/** @returns what does not hold, in words */
export async function judgeRest(world: {
  readonly redisUrl: string;
  /** What is left of calls where they were placed, in words. */
  left(): Promise<readonly string[]>;
}): Promise<string[]> {
  const { callees, places } = await readLeases(world.redisUrl);
  const leased = [...callees, ...places].filter(({ endsInMs }) => endsInMs > 0);
  return [
    ...leased.map(({ key, endsInMs }) => `${key} outlives the longest call by ${Math.round(endsInMs)} ms`),
    ...(await world.left()),
  ];
}

/** Of Asterisks: their channels. */
export async function channelsLeft(asterisks: readonly AriAccess[]): Promise<readonly string[]> {
  const answers = await Promise.all(asterisks.map((one) => ariRequest(one, "GET", "/channels")));
  const channels = answers.reduce((sum, { body }) => sum + (body as unknown[]).length, 0);
  return channels > 0 ? [`${channels} channels are left in Asterisk`] : [];
}
