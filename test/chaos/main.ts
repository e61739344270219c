/** `npm run chaos`: kills what a gateway depends on, and the gateway, and says what came of it. */
import { parseArgs } from "node:util";
import { ensureRuntime } from "../../src/runtime/programs.ts";
import { createDice } from "./dice.ts";
import { runKills } from "./kills/index.ts";
import { type Victim, victims } from "./kills/world.ts";
import { type AppendFsync, appendFsyncs } from "./programs/persistent-redis.ts";
import { report } from "./report.ts";

const usage = `usage: npm run chaos -- [--times 20] [--calls 2] [--seed N] [--victim gateway|asterisk|redis]… [--appendfsync always|everysec|no]
`;

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "20" },
    calls: { type: "string", default: "2" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    victim: { type: "string", multiple: true, default: [...victims] },
    appendfsync: { type: "string", default: "always" },
  },
});
const [times, callsPerState, seed] = [Number(values.times), Number(values.calls), Number(values.seed)];
const known = <T extends string>(words: readonly T[], word: string): word is T => words.includes(word as T);
const figuresFit = times >= 1 && callsPerState >= 1 && Number.isInteger(seed);
if (
  !figuresFit ||
  !values.victim.every((victim) => known(victims, victim)) ||
  !known(appendFsyncs, values.appendfsync)
) {
  process.stderr.write(usage);
  process.exit(64);
}

const progress = (line: string) => void process.stderr.write(`${line}\n`);
const running = new Set<{ stop(): Promise<void> }>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    progress(`${signal}: ending what was started`);
    void Promise.allSettled([...running].map((one) => one.stop())).then(() => process.exit(130));
  });
}

progress(`seed ${seed}: give it as --seed to play the same delays again`);
await ensureRuntime({ forTests: true, progress });
const startedAtMs = performance.now();
const kills = await runKills({
  victims: values.victim as Victim[],
  ...{ times, callsPerState, quick: false },
  appendfsync: values.appendfsync as AppendFsync,
  dice: createDice(seed),
  progress,
  onStarted: (world) => running.add(world),
});
const seconds = Math.round((performance.now() - startedAtMs) / 1000);
const violations = kills.violations;
report(
  { name: "chaos", seed, times, seconds, appendfsync: values.appendfsync, cells: kills.cells, violations },
  (text) => process.stdout.write(text),
);
process.exitCode = violations.length === 0 ? 0 : 1;
