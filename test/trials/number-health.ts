/**
 * What number health saves, and what it costs: two months of starts over a stated mix of numbers and trunks, with health and
 * without it, on the gateway's own learning, judging and rule. The store is in memory, time is the trial's own, and the same seed
 * gives the same starts, numbers and answers of trunks in both.
 */
import { pino } from "pino";
import { createNumberHealth } from "../../src/numbers/health/index.ts";
import type { GuardAsk } from "../../src/verification/guard-port.ts";
import { createDice, type Dice } from "../chaos/dice.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryHealthStore, noHealthObserver } from "../support/memory-health-store.ts";
import { testConfig } from "../support/test-config.ts";

const dayMs = 86_400_000;
const startMs = Date.UTC(2026, 0, 1);
const config = testConfig().number_health;
export const days = 60;

/** How one trunk answers. */
export interface TrialTrunk {
  readonly name: string;
  /** Of 1000 calls, those that find no free channel: the next trunk is asked. */
  readonly busyPerMille: number;
  /** Of 1000 living numbers, those that it cannot route, always the same ones: it says 404 (no look-up of ported numbers). */
  readonly blindPerMille: number;
  /** Days on which it says 404 of every number. */
  readonly brokenDays: readonly number[];
}

export interface TrialMix {
  readonly name: string;
  readonly trunks: readonly TrialTrunk[];
}

const good = (name: string): TrialTrunk => ({ name, busyPerMille: 50, blindPerMille: 0, brokenDays: [] });
const bad = { busyPerMille: 50, blindPerMille: 100, brokenDays: [20, 21, 22] } as const;

/** Of 1000 numbers that are started to: mistyped or invented ones, ones given up meanwhile, ones given out again; the rest is in use. */
export const numbersMix = { neverPerMille: 60, givenUpPerMille: 20, givenOutPerMille: 20 } as const;

export const mixes: readonly TrialMix[] = [
  { name: "one good trunk", trunks: [good("a")] },
  { name: "two good trunks", trunks: [good("a"), good("b")] },
  {
    name: "cheap trunk first (10 % unroutable, 3 days broken), good one second",
    trunks: [{ name: "cheap", ...bad }, good("b")],
  },
  { name: "cheap trunk alone", trunks: [{ name: "cheap", ...bad }] },
];

export interface TrialFigures {
  readonly starts: number;
  /** Calls and INVITEs to numbers that are not in use. */
  readonly deadCalls: number;
  readonly deadInvites: number;
  readonly refused: number;
  /** Refused although the number is in use and a trunk would have reached it. */
  readonly wronglyRefused: number;
  /** Phones that rang. */
  readonly reached: number;
}

interface Start {
  readonly atMs: number;
  readonly number: number;
  readonly app: string;
  /** By trunk: whether it has a free channel. */
  readonly free: readonly boolean[];
}

interface Plan {
  readonly starts: readonly Start[];
  isInUse(number: number, atMs: number): boolean;
  isBlind(number: number, trunk: number): boolean;
}

/** People start once to three times; invented and mistyped numbers come back, because nothing arrives. */
function planOf(dice: Dice, numbers: number, { trunks }: TrialMix): Plan {
  const perMille = () => dice.between(0, 999);
  const lives: (readonly [fromMs: number, untilMs: number])[] = [];
  const blind: (readonly boolean[])[] = [];
  const starts: Start[] = [];
  const { neverPerMille, givenUpPerMille, givenOutPerMille } = numbersMix;
  for (let number = 0; number < numbers; number++) {
    const kind = perMille();
    const turn = startMs + dice.between(5, days - 5) * dayMs;
    const isNever = kind < neverPerMille;
    const isGivenUp = kind < neverPerMille + givenUpPerMille;
    const isGivenOut = kind < neverPerMille + givenUpPerMille + givenOutPerMille;
    lives.push(isNever ? [0, 0] : isGivenUp ? [0, turn] : isGivenOut ? [turn, Infinity] : [0, Infinity]);
    blind.push(trunks.map(({ blindPerMille }) => perMille() < blindPerMille));
    const count = isNever ? dice.between(1, 9) : dice.between(1, 3);
    let atMs = startMs + dice.between(0, days * 24 * 60 - 1) * 60_000;
    for (let i = 0; i < count && atMs < startMs + days * dayMs; i++) {
      const free = trunks.map(({ busyPerMille }) => perMille() >= busyPerMille);
      starts.push({ atMs, number, app: dice.between(0, 3) === 0 ? "bank" : "shop", free });
      atMs += dice.between(2, 7 * 24 * 60) * 60_000;
    }
  }
  return {
    starts: starts.sort((a, b) => a.atMs - b.atMs),
    isInUse: (number, atMs) => atMs >= (lives[number]?.[0] ?? 0) && atMs < (lives[number]?.[1] ?? 0),
    isBlind: (number, trunk) => blind[number]?.[trunk] ?? false,
  };
}

/** @param withHealth false: nothing is refused, as with `number_health: off` */
async function play(plan: Plan, { trunks }: TrialMix, withHealth: boolean): Promise<TrialFigures> {
  const clock = new ManualClock(startMs);
  const health = createNumberHealth({
    ...{ config: () => config, hmacKey: "the key of a trial, of 32 characters and more", clock },
    ...{ store: memoryHealthStore(clock), actionOf: () => (withHealth ? "refuse" : "off"), channelOf: () => undefined },
    ...{ observer: noHealthObserver, logger: pino({ level: "silent" }) },
  });
  const figures = { starts: 0, deadCalls: 0, deadInvites: 0, refused: 0, wronglyRefused: 0, reached: 0 };

  function answerOf({ number, atMs }: Start, trunk: number): "alive" | "unallocated" {
    const isBroken = trunks[trunk]?.brokenDays.includes(Math.floor((atMs - startMs) / dayMs)) ?? false;
    return plan.isInUse(number, atMs) && !isBroken && !plan.isBlind(number, trunk) ? "alive" : "unallocated";
  }
  /** As routes do: the trunks in their order, the next one after a 404, until one reaches the phone. */
  function call(start: Start) {
    const answers: { via: string; kind: "alive" | "unallocated" }[] = [];
    for (const [i, { name }] of trunks.entries()) {
      if (!start.free[i] || answers.at(-1)?.kind === "alive") continue;
      answers.push({ via: name, kind: answerOf(start, i) });
    }
    return answers;
  }

  for (const start of plan.starts) {
    const { atMs, number, app } = start;
    const sinceLastMs = atMs - clock.nowMs();
    clock.pass(sinceLastMs);
    if (sinceLastMs > 0) await health.flush();
    const to = `+4474${String(number).padStart(8, "0")}`;
    const ask = { app, to, mode: "new", proves: "phone", contacts: true, test: false, channel: "missed_call" };
    const verdict = await health.rule.judge({ ...ask, planned: ["missed_call"] } as unknown as GuardAsk);
    const answers = call(start);
    const isReached = answers.at(-1)?.kind === "alive";
    figures.starts++;
    if (verdict?.kind === "deny") {
      figures.refused++;
      if (isReached) figures.wronglyRefused++;
      continue;
    }
    if (isReached) figures.reached++;
    if (!plan.isInUse(number, atMs)) {
      figures.deadCalls++;
      figures.deadInvites += answers.length;
    }
    if (answers.length > 0) health.observe({ to, app, atMs, source: "call", answers });
  }
  await health.flush();
  return figures;
}

export interface TrialRow {
  readonly mix: string;
  readonly without: TrialFigures;
  readonly with: TrialFigures;
}

/** @param numbers how many are started to */
export async function compare(mix: TrialMix, seed: number, numbers: number): Promise<TrialRow> {
  const plan = planOf(createDice(seed), numbers, mix);
  return { mix: mix.name, without: await play(plan, mix, false), with: await play(plan, mix, true) };
}

/** Of calls to dead numbers, those that were saved, in percent. */
export function savedPercent({ without, with: held }: TrialRow): number {
  return without.deadCalls === 0 ? 0 : (100 * (without.deadCalls - held.deadCalls)) / without.deadCalls;
}

/** Of the phones that rang without health, those that did with it, in percent. */
export function reachPercent({ without, with: held }: TrialRow): number {
  return (100 * held.reached) / without.reached;
}

export function tableOf(rows: readonly TrialRow[]): string {
  const head =
    "| trunks | starts | calls to dead numbers: without | with | saved | phones that rang: without | with | reach | refused wrongly |";
  const lines = rows.map((row) => {
    const { mix, without, with: held } = row;
    const cells = [mix, without.starts, without.deadCalls, held.deadCalls, `${savedPercent(row).toFixed(1)} %`];
    const reach = [without.reached, held.reached, `${reachPercent(row).toFixed(2)} %`, held.wronglyRefused];
    return `| ${[...cells, ...reach].join(" | ")} |`;
  });
  return [head, `|${"---|".repeat(9)}`, ...lines].join("\n");
}
