/** What must hold when the longest call is over: nobody is rung, no place is taken, Asterisk has no channel. */
import { readLeases } from "./leases.ts";

/** @returns what does not hold, in words */
export async function judgeRest(world: {
  readonly redisUrl: string;
  /** How many channels there are in Asterisk. */
  channels(): Promise<number>;
}): Promise<string[]> {
  const { callees, places } = await readLeases(world.redisUrl);
  const left = [...callees, ...places].filter(({ endsInMs }) => endsInMs > 0);
  const channels = await world.channels();
  return [
    ...left.map(({ key, endsInMs }) => `${key} outlives the longest call by ${Math.round(endsInMs)} ms`),
    ...(channels > 0 ? [`${channels} channels are left in Asterisk`] : []),
  ];
}
