/** One kill or freeze: calls are brought into every state at once, the victim is struck, missed for a while, and brought back. */
import type { App } from "../app.ts";
import type { Dice } from "../dice.ts";
import { plans, ringMs, type State } from "../states.ts";
import { ask, sleepUntil, wallMs } from "../time.ts";
import { type ChaosCall, codeOf } from "./chaos-call.ts";
import type { Harm, Victim, World } from "./world.ts";

/** From the first start to the harm: as long as the state that is reached last takes, and some more. */
const preparationMs = 1800;
/** A busy machine may take long to bring a call so far that its digits can be typed. */
const rungWithinMs = 15_000;
const lookBeforeMs = 60;
/** Leaves time for the calls that are started last. */
const firstAlertMs = 200;
/**
 * Frozen for longer than it takes to miss the heartbeats (4 s), than the set-up limit and the second call's latest time (6 s);
 * half of them for longer than the longest call, too.
 */
const awayMs = { kill: { least: 50, most: 500 }, freeze: { least: 6500, most: 15_000 } } as const;

export async function playRound(parts: {
  readonly world: World;
  readonly app: App;
  readonly victim: Victim;
  readonly harm: Harm;
  readonly calls: readonly ChaosCall[];
  readonly dice: Dice;
}): Promise<void> {
  const { world, app, victim, harm, calls, dice } = parts;
  const of = (state: State) => calls.filter((call) => call.state === state);
  await Promise.all(calls.filter(isOverBefore).map((call) => ringOut(call, app)));
  const harmAtMs = wallMs() + preparationMs + dice.between(0, 50);

  const start = async (call: ChaosCall, atMs: number) => {
    const { leadMs, spreadMs } = plans[call.state];
    await sleepUntil(atMs - leadMs - dice.between(0, spreadMs));
    await call.start(app);
  };
  const timed = calls.filter((call) => !isOverBefore(call));
  const [early, late] = [timed.filter(isEarly), timed.filter((call) => !isEarly(call))];
  const starting = early.map((call) => start(call, harmAtMs));
  // The ring of the calls that are to be hung up began a little after their start: the harm follows what the phones saw.
  await sleepUntil(harmAtMs - ringMs);
  const [reference] = of("hanging_up");
  const alertedAtMs = reference && (await firstAlert(world, reference.callee));
  const dueAtMs = (alertedAtMs ? alertedAtMs + ringMs : harmAtMs) + dice.between(-15, 30);
  starting.push(...late.map((call) => start(call, dueAtMs)));

  await sleepUntil(dueAtMs - lookBeforeMs);
  await Promise.all(calls.map((call) => call.look(app)));
  const phones = await world.phones();
  const codes = new Map([...phones].map(([callee, seen]) => [callee, codeOf(seen)]));
  const checking = of("checking").map(async (call) => {
    await sleepUntil(dueAtMs - dice.between(0, 6));
    await call.checkOnce(app, codes.get(call.callee) ?? "");
  });

  await sleepUntil(dueAtMs);
  const struckAtMs = wallMs();
  for (const call of calls) call.struckAtMs = struckAtMs;
  await world.flush(victim, harm);
  const goneAtMs = wallMs();
  // One that did not ring in time has no digits.
  const watched = of("rung").find(({ statusBefore }) => statusBefore === "rung");
  if (watched) await checkWhileAway(victim, app, watched, codes.get(watched.callee) ?? "");
  await sleepUntil(goneAtMs + dice.between(awayMs[harm].least, awayMs[harm].most));
  const mendedAtMs = wallMs();
  for (const call of calls) call.mendedAtMs = mendedAtMs;
  await world.mend(victim, harm);
  await world.gateway.ready();
  const readyAtMs = wallMs();
  for (const call of calls) call.readyAtMs = readyAtMs;
  await Promise.all([...starting, ...checking]);
}

/** Without Redis nobody is let in, whatever the digits; without Asterisk, or a carrier, people still are. */
async function checkWhileAway(victim: Victim, app: App, call: ChaosCall, code: string): Promise<void> {
  const status = await call.checkOnce(app, code);
  const expected = { gateway: null, asterisk: 200, carrier: 200, redis: 503 }[victim];
  if (status !== expected) {
    call.violations.push(`a check while the ${victim} was away got ${status ?? "no answer"} instead of ${expected}`);
  }
}

/** Its state is one that lasts, so it need not be timed: it is waited for. */
function isOverBefore({ state }: ChaosCall): boolean {
  return state === "rung" || state === "checking";
}

/** Lets a call ring and end. What does not in time is found in another state, and judged as such. */
async function ringOut(call: ChaosCall, app: App): Promise<void> {
  await call.start(app);
  const look = async () => {
    await call.look(app);
    return call.statusBefore === "rung" ? true : null;
  };
  await ask(look, rungWithinMs);
}

/** Started before it is known when exactly the harm is due. */
function isEarly({ state }: ChaosCall): boolean {
  return plans[state].leadMs >= ringMs;
}

function firstAlert(world: World, callee: string): Promise<number | null> {
  const look = async () => (await world.phones()).get(callee)?.[0]?.alertedAtMs ?? null;
  return ask(look, firstAlertMs, 5);
}
