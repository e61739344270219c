/** The command line of `npm run chaos`. */
import { parseArgs } from "node:util";
import { type Driver, drivers } from "./configuration.ts";
import { type Victim, victims } from "./kills/world.ts";
import { type AppendFsync, appendFsyncs } from "./programs/persistent-redis.ts";

export const usage = `usage: npm run chaos -- [options]
  --times 20               kills of each victim
  --freezes 3              freezes of each victim
  --calls 2                calls in each state at each kill or freeze
  --victim gateway         only this one of gateway, asterisk, redis; may be given again
  --appendfsync always     or everysec, no; off: Redis keeps nothing
  --driver ari-websocket   or ari-client, asterisk-manager; for kills and freezes
  --only kills             and freezes, or pairs: two gateways and two Asterisks under load, one of each killed
  --rate 30                calls a second under that load
  --seed N                 plays the delays of an earlier run again
`;

export interface ChaosOptions {
  readonly times: number;
  readonly freezes: number;
  readonly callsPerState: number;
  readonly victims: readonly Victim[];
  readonly appendfsync: AppendFsync;
  readonly driver: Driver;
  readonly parts: readonly ("kills" | "pairs")[];
  readonly callsPerSecond: number;
  readonly seed: number;
}

const mayBeNone = ["times", "freezes", "seed"];

/** @returns null where they make no sense */
export function readOptions(args: readonly string[]): ChaosOptions | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      times: { type: "string", default: "20" },
      freezes: { type: "string", default: "3" },
      calls: { type: "string", default: "2" },
      victim: { type: "string", multiple: true, default: [...victims] },
      appendfsync: { type: "string", default: "always" },
      driver: { type: "string", default: "ari-websocket" },
      only: { type: "string", multiple: true, default: ["kills", "pairs"] },
      rate: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  });
  const { victim, appendfsync, driver, only } = values;
  const figures = {
    times: Number(values.times),
    freezes: Number(values.freezes),
    callsPerState: Number(values.calls),
    callsPerSecond: Number(values.rate),
    seed: Number(values.seed),
  };
  const fit = Object.entries(figures).every(
    ([name, figure]) => Number.isInteger(figure) && figure >= (mayBeNone.includes(name) ? 0 : 1),
  );
  if (!fit || !areOf(victims, victim) || !areOf(["kills", "pairs"], only)) return null;
  if (!isOf(appendFsyncs, appendfsync) || !isOf(drivers, driver)) return null;
  return { ...figures, victims: victim, appendfsync, driver, parts: only };
}

function isOf<T extends string>(words: readonly T[], word: string): word is T {
  return words.some((one) => one === word);
}

function areOf<T extends string>(words: readonly T[], chosen: readonly string[]): chosen is readonly T[] {
  return chosen.every((word) => isOf(words, word));
}
