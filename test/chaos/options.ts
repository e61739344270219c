/** The command line of `npm run chaos`. */
import { parseArgs } from "node:util";
import { type Driver, drivers } from "./configuration.ts";
import { type Line, lines } from "./deliveries/lines.ts";
import { type Victim, victims } from "./kills/world.ts";
import { type AppendFsync, appendFsyncs } from "./programs/persistent-redis.ts";

export const usage = `usage: npm run chaos -- [options]
  --times 20               kills of each victim
  --freezes 3              freezes of each victim
  --calls 2                calls in each state at each kill or freeze
  --victim gateway         only this one of gateway, asterisk, redis; may be given again
  --appendfsync always     or everysec, no; off: Redis keeps nothing
  --driver ari-websocket   or ari-client, asterisk-manager; for kills and freezes
  --only kills             and freezes; pairs: two gateways and two Asterisks under load, one of each killed;
                           deliveries: one of two gateways killed in each state of messages and voice calls; may be given again
  --kills 10               of that gateway
  --line smpp              only this one of ${lines.join(", ")}; may be given again
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
  readonly parts: readonly (typeof allParts)[number][];
  /** Kills of a gateway in each state of each line's delivery. */
  readonly deliveryKills: number;
  readonly lines: readonly Line[];
  readonly callsPerSecond: number;
  readonly seed: number;
}

const allParts = ["kills", "pairs", "deliveries"] as const;
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
      only: { type: "string", multiple: true, default: [...allParts] },
      kills: { type: "string", default: "10" },
      line: { type: "string", multiple: true, default: [...lines] },
      rate: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  });
  const { victim, appendfsync, driver, only, line } = values;
  const figures = {
    times: Number(values.times),
    freezes: Number(values.freezes),
    callsPerState: Number(values.calls),
    callsPerSecond: Number(values.rate),
    seed: Number(values.seed),
    deliveryKills: Number(values.kills),
  };
  const fit = Object.entries(figures).every(
    ([name, figure]) => Number.isInteger(figure) && figure >= (mayBeNone.includes(name) ? 0 : 1),
  );
  if (!fit || !areOf(victims, victim) || !areOf(allParts, only) || !areOf(lines, line)) return null;
  if (!isOf(appendFsyncs, appendfsync) || !isOf(drivers, driver)) return null;
  return { ...figures, victims: victim, appendfsync, driver, parts: only, lines: line };
}

function isOf<T extends string>(words: readonly T[], word: string): word is T {
  return words.some((one) => one === word);
}

function areOf<T extends string>(words: readonly T[], chosen: readonly string[]): chosen is readonly T[] {
  return chosen.every((word) => isOf(words, word));
}
