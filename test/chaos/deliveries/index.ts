/** Kill -9 of a gateway in every state of every channel's delivery, with another gateway on the same Redis. */
import { type App, createApp } from "../app.ts";
import type { Dice } from "../dice.ts";
import type { AppendFsync } from "../programs/persistent-redis.ts";
import { judgeRest } from "../rest.ts";
import { ask, sleep, sleepUntil, wallMs } from "../time.ts";
import { ChaosDelivery, type Habit, habits } from "./chaos-delivery.ts";
import { judge, lostWithinMs } from "./judge.ts";
import { type DeliveryState, isMessageLine, isSlow, type Line, plans } from "./lines.ts";
import { type DeliveriesWorld, startDeliveriesWorld } from "./world.ts";

export interface DeliveriesOptions {
  readonly lines: readonly Line[];
  /** Kills; each finds one delivery of each line in each of its states. */
  readonly times: number;
  /** Everybody types a code: no verification is left to live its whole life. */
  readonly quick: boolean;
  readonly appendfsync: AppendFsync;
  readonly dice: Dice;
  readonly progress: (line: string) => void;
  readonly onStarted: (world: DeliveriesWorld) => void;
}

/** One line's deliveries in one state. */
export interface DeliveryCell {
  readonly line: Line;
  readonly state: DeliveryState;
  readonly kills: number;
  /** Deliveries that the kill found in this state. */
  readonly in_state: number;
  /** Verifications by their end. */
  readonly ends: Readonly<Record<string, number>>;
  /** Longest time from the kill to the start of the next step, where one began; else null. */
  readonly next_step_ms: number | null;
}

export interface DeliveriesResult {
  readonly cells: readonly DeliveryCell[];
  readonly violations: readonly string[];
}

const preparedWithinMs = 25_000;
const startingSpreadMs = 25;

export async function runDeliveries(options: DeliveriesOptions): Promise<DeliveriesResult> {
  const { lines, times, quick, progress } = options;
  const calls = !lines.every(isMessageLine);
  const world = await startDeliveriesWorld({ ...options, calls });
  options.onStarted(world);
  const { doomed, survivor, providers } = world;
  const app = createApp(() => [survivor.url]);
  const all: ChaosDelivery[] = [];
  /** The last ones of a round may last into the next: a call is found lost late. */
  const following: Promise<void>[] = [];
  try {
    for (let round = 0; round < times; round++) {
      const own = makeRound({ world, lines, quick, round, first: all.length });
      all.push(...own);
      await playRound(world, app, own, options.dice);
      const followed = own.map((one) => ({ one, done: one.follow(app, providers.arrived) }));
      following.push(...followed.map(({ done }) => done));
      await Promise.all(followed.filter(({ one }) => isMessageLine(one.line)).map(({ done }) => done));
      progress(`deliveries: ${round + 1} of ${times} kills`);
      if (round < times - 1) {
        await doomed.restart();
        await doomed.ready();
      }
    }
    await Promise.all(following);
    progress("deliveries: waiting for the verifications to end");
    await Promise.all(all.map((one) => one.awaitEnd(app)));
    // What a call of the killed gateway had leased ends when the longest call would be over.
    if (calls) await sleepUntil(Math.max(...all.map(({ killedAtMs }) => killedAtMs)) + lostWithinMs.call);
    const rest = await judgeRest(world);
    const phones = await world.phones();
    for (const one of all) judge(one, providers.arrived, phones);
    return {
      cells: lines.flatMap((line) => plans[line].states.map((state) => cellOf(line, state, all))),
      violations: [...all.flatMap((one) => one.violations.map((text) => `${one.name}: ${text}`)), ...rest],
    };
  } finally {
    await world.stop();
  }
}

function makeRound(parts: {
  readonly world: DeliveriesWorld;
  readonly lines: readonly Line[];
  readonly quick: boolean;
  readonly round: number;
  readonly first: number;
}): ChaosDelivery[] {
  const { world, lines, quick, round, first } = parts;
  const cells = lines.flatMap((line) => plans[line].states.map((state) => ({ line, state })));
  return cells.map((cell, index) => {
    // Waiting for the second step takes long where nothing was lost: in the short form nobody does.
    const habit: Habit = quick ? "first" : (habits[(round + index) % habits.length] ?? "first");
    return new ChaosDelivery({ ...cell, habit, number: first + index, providers: world.providers });
  });
}

/** Brings each delivery into its state, kills their gateway, and lets the receipts come. */
async function playRound(world: DeliveriesWorld, app: App, own: readonly ChaosDelivery[], dice: Dice): Promise<void> {
  const { doomed, survivor, providers } = world;
  const [queued, starting] = [own.filter(isQueued), own.filter(isStarting)];
  const slow = own.filter(({ state }) => isSlow(state));
  const others = own.filter((one) => !isQueued(one) && !isStarting(one) && !slow.includes(one));
  await bring(slow, world, app);
  await bring(others, world, app);
  // Their providers hold back answers, which ends with the gateway: they come last.
  await Promise.all(queued.map((one) => one.start(createApp(() => [doomed.url]))));
  const tookAll = async () => (queued.every((one) => hasGot(one, providers.arrived)) ? true : null);
  await ask(tookAll, preparedWithinMs, 5);
  await Promise.all([...slow, ...others, ...queued].map((one) => one.look(app)));
  // The app repeats what is not answered, at the other gateway.
  const atEither = createApp(() => [doomed.url, survivor.url]);
  const starts = starting.map(async (one) => {
    await sleep(dice.between(0, startingSpreadMs));
    await one.start(atEither);
  });
  await sleep(dice.between(0, startingSpreadMs));
  const killedAtMs = wallMs();
  for (const one of own) one.killedAtMs = killedAtMs;
  await doomed.kill();
  await sleep(dice.between(0, 300));
  providers.releaseReceipts();
  await Promise.all(starts);
}

/** Starts them at the gateway that is to be killed, and waits until each is in its state. */
async function bring(some: readonly ChaosDelivery[], { doomed, ear }: DeliveriesWorld, app: App): Promise<void> {
  ear.forget();
  await Promise.all(some.map((one) => one.start(createApp(() => [doomed.url]))));
  if (some.some(({ state }) => state === "spoken")) {
    const heard = await ask(async () => (ear.packets > 0 ? true : null), preparedWithinMs);
    if (heard) await ear.press("1");
  }
  const areThere = async () => {
    const there = await Promise.all(some.map((one) => one.isThere(app)));
    return there.every((yes) => yes) ? true : null;
  };
  await ask(areThere, preparedWithinMs, 100);
}

const isQueued = ({ state }: ChaosDelivery) => state === "queued";
const isStarting = ({ state }: ChaosDelivery) => state === "starting";

function hasGot(one: ChaosDelivery, arrived: DeliveriesWorld["providers"]["arrived"]): boolean {
  const [step] = one.steps;
  return step !== undefined && one.messageOf(step, arrived).length > 0;
}

function cellOf(line: Line, state: DeliveryState, all: readonly ChaosDelivery[]): DeliveryCell {
  const own = all.filter((one) => one.line === line && one.state === state);
  const ends: Record<string, number> = {};
  for (const { last } of own) ends[last?.status ?? "unknown"] = (ends[last?.status ?? "unknown"] ?? 0) + 1;
  const next = own.flatMap(({ last, killedAtMs }) => {
    const at = Date.parse(last?.deliveries[1]?.started_at ?? "");
    return Number.isNaN(at) || at < killedAtMs ? [] : [Math.round(at - killedAtMs)];
  });
  return {
    ...{ line, state, kills: own.length, ends },
    in_state: own.filter(({ stateBefore }) => stateBefore === state).length,
    next_step_ms: next.length === 0 ? null : Math.max(...next),
  };
}
