/** Two gateways and two Asterisks under steady load: one of each is killed, and both come back. */
import { createApp } from "../app.ts";
import { judgeRest } from "../rest.ts";
import { sleep, wallMs } from "../time.ts";
import { judge, type Kill, lastFailedMs, type PhaseResult, phaseResults } from "./figures.ts";
import { createLoad, type LoadOptions, slowestTypingMs } from "./load.ts";
import { type PairsWorld, type PairsWorldOptions, startPairsWorld } from "./world.ts";

export interface PairsOptions extends LoadOptions, PairsWorldOptions {
  readonly phaseMs: number;
  readonly progress: (line: string) => void;
  /** Gets what must be ended if we are to end early. */
  readonly onStarted: (world: PairsWorld) => void;
}

export interface PairsResult {
  readonly calls_per_second: number;
  /** `last_failed_ms`: from the kill to the last start that failed or rang late; null: none did. */
  readonly kills: readonly { readonly victim: string; readonly last_failed_ms: number | null }[];
  readonly phases: readonly PhaseResult[];
  readonly violations: readonly string[];
}

export async function runPairs(options: PairsOptions): Promise<PairsResult> {
  const { callsPerSecond, phaseMs, progress } = options;
  const world = await startPairsWorld(options);
  options.onStarted(world);
  const [one, two] = world.gateways;
  const [a] = world.asterisks;
  try {
    const load = createLoad(world, options);
    const kills: Kill[] = [];
    // The load goes on meanwhile.
    const phase = async (name: string, begin: () => Promise<unknown>) => {
      progress(`pairs: ${name}`);
      await Promise.all([begin(), load.offer(name, phaseMs)]);
    };
    const kill = (victim: string, process: { kill(): Promise<void> }) => {
      kills.push({ victim, atMs: wallMs() });
      return process.kill();
    };
    await phase("all up", async () => undefined);
    await phase("one Asterisk away", () => kill("Asterisk", a));
    await phase("one gateway away too", () => kill("gateway", one));
    await phase("both back", () => Promise.all([a.restart(), one.restart()]));
    await one.ready();
    const calls = await load.settle();
    progress("pairs: waiting for the verifications to end");
    const app = createApp(() => [two.url, one.url]);
    await Promise.all(calls.map((call) => call.awaitEnd(app)));
    await sleep(world.longestLeaseMs - slowestTypingMs);
    const phones = await world.phones();
    for (const call of calls) call.sawOnThePhone(phones.get(call.callee) ?? []);
    return {
      calls_per_second: callsPerSecond,
      kills: kills.map((one) => ({ victim: one.victim, last_failed_ms: lastFailedMs(calls, one) })),
      phases: phaseResults(calls, kills),
      violations: [...judge(calls, kills), ...(await judgeRest(world))],
    };
  } finally {
    await world.stop();
  }
}
