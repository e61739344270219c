/** The command line of `npm run chaos`. */
import { parseArgs } from "node:util";
import { type Driver, drivers } from "./configuration.ts";
import { type Line, lines } from "./deliveries/lines.ts";
import { type Victim, victimsOf } from "./kills/world.ts";
import { type AppendFsync, appendFsyncs } from "./programs/persistent-redis.ts";

export const usage = `usage: npm run chaos -- [options]
  --times 20               kills of each victim
  --freezes 3              freezes of each victim
  --calls 2                calls in each state at each kill or freeze
  --victim gateway         only this one of gateway, asterisk, redis; with --driver sip of gateway, carrier, redis; may be given again
  --appendfsync always     or everysec, no; off: Redis keeps nothing
  --driver ari-websocket   or ari-client, asterisk-manager, sip; for kills and freezes, with sip nothing else is run
  --gateways 2             with --driver sip: one is killed and frozen, the other cancels for it; 1: it is alone
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
  /** Of the kills with our own SIP. */
  readonly gateways: 1 | 2;
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
      victim: { type: "string", multiple: true },
      appendfsync: { type: "string", default: "always" },
      driver: { type: "string", default: "ari-websocket" },
      gateways: { type: "string", default: "2" },
      only: { type: "string", multiple: true },
      kills: { type: "string", default: "10" },
      line: { type: "string", multiple: true, default: [...lines] },
      rate: { type: "string", default: "30" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
    },
  });
  const { appendfsync, driver, line } = values;
  if (!isOf(drivers, driver)) return null;
  // Pairs are of Asterisks, and voice needs one.
  const [fitting, parts] = [victimsOf(driver), driver === "sip" ? (["kills"] as const) : allParts];
  const { victim = fitting, only = parts } = values;
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
  if (!fit || !areOf(fitting, victim) || !areOf(parts, only) || !areOf(lines, line)) return null;
  const gateways = values.gateways === "1" ? 1 : values.gateways === "2" ? 2 : undefined;
  if (!isOf(appendFsyncs, appendfsync) || gateways === undefined) return null;
  return { ...figures, gateways, victims: victim, appendfsync, driver, parts: only, lines: line };
}

function isOf<T extends string>(words: readonly T[], word: string): word is T {
  return words.some((one) => one === word);
}

function areOf<T extends string>(words: readonly T[], chosen: readonly string[]): chosen is readonly T[] {
  return chosen.every((word) => isOf(words, word));
}
