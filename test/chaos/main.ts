/** `npm run chaos`: kills what a gateway depends on, and the gateway, and says what came of it. */
import { parseArgs } from "node:util";
import { ensureRuntime } from "../../src/runtime/programs.ts";
import { createDice } from "./dice.ts";
import { runKills } from "./kills/index.ts";
import { victims } from "./kills/world.ts";
import { runPairs } from "./pairs/index.ts";
import { appendFsyncs } from "./programs/persistent-redis.ts";
import { report } from "./report.ts";

const usage = `usage: npm run chaos -- [options]
  --times 20               kills of each victim
  --calls 2                calls in each state at each kill
  --victim gateway         only this one of gateway, asterisk, redis; may be given again
  --appendfsync always     or everysec, no; off: Redis keeps nothing
  --only kills             or pairs: two gateways and two Asterisks under load, one of each killed
  --rate 30                calls a second under that load
  --seed N                 plays the delays of an earlier run again
`;

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "20" },
    calls: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    victim: { type: "string", multiple: true, default: [...victims] },
    appendfsync: { type: "string", default: "always" },
    only: { type: "string" },
    rate: { type: "string", default: "30" },
  },
});
const [times, callsPerState] = [Number(values.times), Number(values.calls)];
const [seed, callsPerSecond] = [Number(values.seed), Number(values.rate)];
const isOneOf = <T extends string>(words: readonly T[], word: string): word is T => words.includes(word as T);
const { appendfsync, only = null } = values;
const chosen = values.victim.filter((victim) => isOneOf(victims, victim));
if (
  ![times, callsPerState, seed, callsPerSecond].every((figure) => Number.isInteger(figure)) ||
  chosen.length < values.victim.length ||
  !isOneOf(appendFsyncs, appendfsync) ||
  (only !== null && !isOneOf(["kills", "pairs"], only))
) {
  process.stderr.write(usage);
  process.exit(64);
}

interface Stoppable {
  stop(): Promise<void>;
}

/** Long enough that Asterisk's fail-safe for the killed gateway's calls falls into the load. */
const pairsPhaseMs = 10_000;

const progress = (line: string) => void process.stderr.write(`${line}\n`);
const running = new Set<Stoppable>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    progress(`${signal}: ending what was started`);
    void Promise.allSettled([...running].map((one) => one.stop())).then(() => process.exit(130));
  });
}

progress(`seed ${seed}: give it as --seed to play the same delays again`);
await ensureRuntime({ forTests: true, progress });
const startedAtMs = performance.now();
const common = {
  appendfsync,
  dice: createDice(seed),
  progress,
  onStarted: (world: Stoppable) => void running.add(world),
};
const kills =
  only === "pairs" ? null : await runKills({ ...common, victims: chosen, ...{ times, callsPerState, quick: false } });
const pairs =
  only === "kills" ? null : await runPairs({ ...common, callsPerSecond, phaseMs: pairsPhaseMs, someNeverType: true });
const seconds = Math.round((performance.now() - startedAtMs) / 1000);
const violations = [...(kills?.violations ?? []), ...(pairs?.violations ?? [])];
const result = {
  name: "chaos",
  seed,
  times,
  seconds,
  appendfsync,
  cells: kills?.cells ?? [],
  pairs,
  violations,
} as const;
report(result, (text) => void process.stdout.write(text));
process.exitCode = violations.length === 0 ? 0 : 1;
