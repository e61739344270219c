/** One kill: calls are brought into every state at once, the victim is killed, missed for a moment, and brought back. */
import type { App } from "../app.ts";
import type { Dice } from "../dice.ts";
import { plans, ringMs, type State } from "../states.ts";
import { ask, sleepUntil, wallMs } from "../time.ts";
import { type ChaosCall, codeOf } from "./chaos-call.ts";
import type { Victim, World } from "./world.ts";

/** From the first start to the kill: as long as the state that is reached last takes, and some more. */
const preparationMs = 1800;
const lookBeforeMs = 60;
/** Leaves time for the calls that are started last. */
const firstAlertMs = 200;
const awayMs = { least: 50, most: 500 } as const;

export async function playRound(parts: {
  readonly world: World;
  readonly app: App;
  readonly victim: Victim;
  readonly calls: readonly ChaosCall[];
  readonly dice: Dice;
}): Promise<void> {
  const { world, app, victim, calls, dice } = parts;
  const of = (state: State) => calls.filter((call) => call.state === state);
  const killAtMs = wallMs() + preparationMs + dice.between(0, 50);

  const start = async (call: ChaosCall, atMs: number) => {
    const { leadMs, spreadMs } = plans[call.state];
    await sleepUntil(atMs - leadMs - dice.between(0, spreadMs));
    await call.start(app);
  };
  const [early, late] = [calls.filter(isEarly), calls.filter((call) => !isEarly(call))];
  const starting = early.map((call) => start(call, killAtMs));
  // The ring of the calls that are to be hung up began a little after their start: the kill follows what the phones saw.
  await sleepUntil(killAtMs - ringMs);
  const [reference] = of("hanging_up");
  const alertedAtMs = reference && (await firstAlert(world, reference.callee));
  const dueAtMs = (alertedAtMs ? alertedAtMs + ringMs : killAtMs) + dice.between(-15, 30);
  starting.push(...late.map((call) => start(call, dueAtMs)));

  await sleepUntil(dueAtMs - lookBeforeMs);
  await Promise.all(calls.map((call) => call.look(app)));
  const phones = await world.phones();
  const codes = new Map([...phones].map(([callee, seen]) => [callee, seen[0] && codeOf(seen[0])]));
  const checking = of("checking").map(async (call) => {
    await sleepUntil(dueAtMs - dice.between(0, 6));
    await call.checkOnce(app, codes.get(call.callee) ?? "");
  });

  await sleepUntil(dueAtMs);
  const killedAtMs = wallMs();
  for (const call of calls) call.killedAtMs = killedAtMs;
  await world.kill(victim);
  const goneAtMs = wallMs();
  const [watched] = of("rung");
  if (watched) await checkWhileAway(victim, app, watched, codes.get(watched.callee) ?? "");
  await sleepUntil(goneAtMs + dice.between(awayMs.least, awayMs.most));
  await world.restart(victim);
  await world.gateway.ready();
  await Promise.all([...starting, ...checking]);
}

/** Without Redis nobody is let in, whatever the digits; without Asterisk people still are. */
async function checkWhileAway(victim: Victim, app: App, call: ChaosCall, code: string): Promise<void> {
  const status = await call.checkOnce(app, code);
  const expected = { gateway: null, asterisk: 200, redis: 503 }[victim];
  if (status !== expected) {
    call.violations.push(`a check while the ${victim} was away got ${status ?? "no answer"} instead of ${expected}`);
  }
}

/** Started before it is known when exactly the kill is due. */
function isEarly({ state }: ChaosCall): boolean {
  return plans[state].leadMs >= ringMs;
}

function firstAlert(world: World, callee: string): Promise<number | null> {
  const look = async () => (await world.phones()).get(callee)?.[0]?.alertedAtMs ?? null;
  return ask(look, firstAlertMs, 5);
}
