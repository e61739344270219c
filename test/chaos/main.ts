/** `npm run chaos`: kills and freezes what a gateway depends on, and the gateway, and says what came of it. */
import { ensureRuntime } from "../../src/local/fetch/programs.ts";
import { runDeliveries } from "./deliveries/index.ts";
import { createDice } from "./dice.ts";
import { runKills } from "./kills/index.ts";
import { type ChaosOptions, readOptions, usage } from "./options.ts";
import { runPairs } from "./pairs/index.ts";
import { report } from "./report.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
const exitInterrupted = 130;
/** Long enough that Asterisk's fail-safe for the killed gateway's calls falls into the load. */
const pairsPhaseMs = 10_000;

const lateMs = 2000;

interface Stoppable {
  stop(): Promise<void>;
}

const progress = (line: string) => void process.stderr.write(`${line}\n`);
const running = new Set<Stoppable>();
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted = true;
    progress(`${signal}: ending what was started`);
    void Promise.allSettled([...running].map((one) => one.stop())).then(() => process.exit(exitInterrupted));
  });
}

const options = readOptions(process.argv.slice(2));
if (options === null) {
  process.stderr.write(usage);
  process.exit(exitUsage);
}
progress(`seed ${options.seed}: give it as --seed to play the same delays again`);
try {
  await ensureRuntime({ forTests: true, progress });
  process.exitCode = await run(options);
} catch (error) {
  // Parts of what is being ended fail: no news.
  if (!interrupted) throw error;
}

/** @returns the exit code */
async function run(options: ChaosOptions): Promise<number> {
  const { parts, victims, callsPerState, callsPerSecond, deliveryKills, lines, ...chosen } = options;
  const startedAtMs = performance.now();
  const onStarted = (world: Stoppable) => void running.add(world);
  const common = { ...chosen, dice: createDice(chosen.seed), progress, onStarted };
  const kills = parts.includes("kills") ? await runKills({ ...common, victims, callsPerState, quick: false }) : null;
  const pairs = parts.includes("pairs")
    ? await runPairs({ ...common, callsPerSecond, phaseMs: pairsPhaseMs, lateMs, someNeverType: true })
    : null;
  const deliveries = parts.includes("deliveries")
    ? await runDeliveries({ ...common, lines, times: deliveryKills, quick: false })
    : null;
  const seconds = Math.round((performance.now() - startedAtMs) / 1000);
  const violations = [...(kills?.violations ?? []), ...(pairs?.violations ?? []), ...(deliveries?.violations ?? [])];
  const cells = { cells: kills?.cells ?? [], deliveries: deliveries?.cells ?? [] };
  report({ name: "chaos", ...chosen, seconds, ...cells, pairs, violations }, (text) => {
    process.stdout.write(text);
  });
  return violations.length === 0 ? 0 : 1;
}
