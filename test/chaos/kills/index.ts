/** Kill -9 of the gateway, of Asterisk and of Redis, and freezes of each, in every state of a call. */
import { type App, createApp } from "../app.ts";
import type { Driver } from "../configuration.ts";
import type { Dice } from "../dice.ts";
import type { PhoneCall } from "../phones.ts";
import type { AppendFsync } from "../programs/persistent-redis.ts";
import { judgeRest } from "../rest.ts";
import { calleesPerLane, lanes, plans, type State, states } from "../states.ts";
import { ask, sleep } from "../time.ts";
import { ChaosCall, codeOf } from "./chaos-call.ts";
import { judgeCall, judgeEnd, judgeLeases } from "./judge.ts";
import { judgeRinging, judgeRingingBesideAsterisk } from "./ringing.ts";
import { playRound } from "./round.ts";
import { type Harm, harms, startWorld, type Victim, type World } from "./world.ts";

export interface KillOptions {
  readonly victims: readonly Victim[];
  /** Kills of each victim; each finds calls in every state. */
  readonly times: number;
  /** Freezes of each victim, likewise. */
  readonly freezes: number;
  /** Calls in each state at each of them. */
  readonly callsPerState: number;
  /** Everybody types the digits, and one wait at the end is for all: no verification is left to live its whole life. */
  readonly quick: boolean;
  readonly appendfsync: AppendFsync;
  readonly driver: Driver;
  /** With 2, another gateway stands by, to which nobody talks. */
  readonly gateways: 1 | 2;
  readonly dice: Dice;
  readonly progress: (line: string) => void;
  /** Gets what must be ended if we are to end early. Nothing happens to it before that resolves. */
  readonly onStarted: (world: World) => void | Promise<void>;
}

/** One victim's kills, or freezes, in one state. */
export interface Cell {
  readonly victim: Victim;
  readonly harm: Harm;
  readonly state: State;
  readonly times: number;
  readonly calls: number;
  /** Those that the harm found in this state. */
  readonly in_state: number;
  readonly accepted: number;
  /** Ends by status. */
  readonly ends: Readonly<Record<string, number>>;
  /** How the digits of those whose phone rang fared. */
  readonly typed: Readonly<Record<string, number>>;
  /** The longest that a phone rang after it should have stopped; null: it never did, or nothing stopped it. */
  readonly overrun_ms: number | null;
}

export interface KillsResult {
  readonly cells: readonly Cell[];
  readonly violations: readonly string[];
}

export async function runKills(options: KillOptions): Promise<KillsResult> {
  const world = await startWorld(options);
  const app = createApp(() => [world.gateway.url]);
  const calls: ChaosCall[] = [];
  const typing: Promise<void>[] = [];
  const violations: string[] = [];
  try {
    await options.onStarted(world);
    for (const [index, victim] of options.victims.entries()) {
      for (const harm of harms) {
        const rounds = await strikeAgainAndAgain(world, app, { victim, harm }, options);
        calls.push(...rounds.calls);
        violations.push(...rounds.violations);
        typing.push(...rounds.typing);
      }
      if (options.quick && index < options.victims.length - 1) continue;
      await Promise.all(typing);
      await sleep(world.longestLeaseMs);
      violations.push(...(await judgeRest(world)).map((text) => `after the last harm to ${victim}: ${text}`));
      options.progress(`${victim}: waiting for the verifications to end`);
      await Promise.all(calls.map((call) => judgeEnd(call, app, options.appendfsync === "always")));
    }
    const phones = await world.phones();
    for (const call of calls) {
      const own = phones.get(call.callee) ?? [];
      judgeCall(call, own);
      if (options.driver === "sip") judgeRinging(call, own, world.gateways);
      else judgeRingingBesideAsterisk(call, own);
    }
    violations.push(...calls.flatMap((call) => call.violations.map((text) => `${call.name}: ${text}`)));
    return {
      cells: options.victims.flatMap((victim) =>
        harms.flatMap((harm) => cellsOf({ victim, harm }, options, calls, phones)),
      ),
      violations,
    };
  } finally {
    await world.stop();
  }
}

interface Blow {
  readonly victim: Victim;
  readonly harm: Harm;
}

const timesOf = ({ harm }: Blow, { times, freezes }: KillOptions) => ({ kill: times, freeze: freezes })[harm];

async function strikeAgainAndAgain(world: World, app: App, blow: Blow, options: KillOptions) {
  const { callsPerState, quick, dice, progress } = options;
  const { victim, harm } = blow;
  const times = timesOf(blow, options);
  const calls: ChaosCall[] = [];
  const typing: Promise<void>[] = [];
  const violations: string[] = [];
  for (let count = 1; count <= times; count++) {
    const ofThisRound = states.flatMap((state) =>
      Array.from({ length: callsPerState }, (_, index) => {
        const typesAfterwards = quick || state === "checking" || index % 2 === 0;
        return new ChaosCall({
          ...blow,
          state,
          callee: nextCallee(state, laneOf(state, count, index)),
          typesAfterwards,
        });
      }),
    );
    calls.push(...ofThisRound);
    await playRound({ ...{ world, app, dice, ...blow }, calls: ofThisRound });
    violations.push(...(await judgeLeases(world)).map((text) => `${victim}, ${harm} ${count}: ${text}`));
    typing.push(...ofThisRound.filter((call) => call.typesAfterwards).map((call) => type(call, world, app)));
    progress(`${victim}: ${count} of ${times} ${harm}s`);
  }
  return { calls, typing, violations };
}

function cellsOf(
  blow: Blow,
  options: KillOptions,
  calls: readonly ChaosCall[],
  phones: ReadonlyMap<string, readonly PhoneCall[]>,
): Cell[] {
  return states.map((state) => {
    const own = calls.filter(
      ({ victim, harm, state: its }) => victim === blow.victim && harm === blow.harm && its === state,
    );
    return {
      ...{ ...blow, state, times: timesOf(blow, options), calls: own.length },
      in_state: own.filter((call) => call.wasInState(phones.get(call.callee) ?? [])).length,
      accepted: own.filter((call) => call.verification !== null).length,
      ends: countBy(own.map((call) => call.end)),
      typed: countBy(own.map((call) => call.typed)),
      overrun_ms: own.reduce<number | null>(
        (most, { overrunMs }) => (overrunMs === null ? most : Math.max(most ?? 0, overrunMs)),
        null,
      ),
    };
  });
}

/** The person looks at the phone until it shows all missed calls; where it never does, there is nothing to type. */
async function type(call: ChaosCall, world: World, app: App): Promise<void> {
  if (call.verification === null) return;
  const look = async () => {
    const rang = (await world.phones()).get(call.callee)?.filter(({ alertedAtMs }) => alertedAtMs !== null) ?? [];
    return rang.length < plans[call.state].calls ? null : rang;
  };
  const shown = await ask(look, 6000, 100);
  if (shown !== null) await call.type(app, codeOf(shown));
}

/** Calls that wait for their turn do so on the same trunk. */
function laneOf(state: State, count: number, index: number): number {
  return (state === "accepted" ? count : count + index) % lanes.length;
}

const used = new Map<string, number>();

/** A new phone for each call. */
function nextCallee(state: State, lane: number): string {
  const before = used.get(`${state} ${lane}`) ?? 0;
  used.set(`${state} ${lane}`, before + 1);
  return `${plans[state].prefix}${String(lane * calleesPerLane + before).padStart(4, "0")}`;
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
