/** `npm run bench -- calls|checks|events|lookups|messages|scrub`: this gateway against bare peers, and against another commit, in one run. */
import { parseArgs } from "node:util";
import type { Arrangement } from "./calls/arrangement.ts";
import { type ChosenSide, chosenSides } from "./calls/plan.ts";
import { buildCommit } from "./support/commit.ts";
import { type BenchOptions, type BenchResult, report } from "./support/report.ts";

const usage = `usage: npm run bench -- calls|checks|events|lookups|messages|scrub [--against COMMIT] [--rounds N] [--quick]
                           [--arrangement shared|apart] [--sides SIDE,…] [--references] [--rates N,…] [--everything]
                           [--one-app] [--json]

  --against      also runs the gateway of another commit, in turn with this one's, and reports the ratio of each figure
  --rounds       how many times each side is measured; odd, so that the median is that of one round
  --quick        a short run that shows that all of it works; its figures are not for comparing
  --arrangement  calls only: all parts on all cores (shared), or Asterisk and carrier on half of them (apart); default both
  --sides        calls only: these of ${chosenSides.join(", ")}; default all
  --references   calls only: no ladder, just the two rates where CPU and times are compared; more rounds in the same time
  --rates        calls only: --references with these rates; for a slow machine, where no side holds the usual ones
  --everything   calls only: one more gateway with records, webhooks and a stream's client, against that without them, and
                 against one of the other commit with them where one is given; all have every limit
  --one-app      checks only: one app, so that none has a share of a callee's limits; to compare with commits that have no shares
  --json         the result as one line of JSON, after the table
`;

const mostRounds = 99;
/** As many as the longest ladder has rungs. */
const mostRates = 20;
const highestRate = 10_000;
/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;

const benches: Record<string, () => Promise<(options: BenchOptions) => Promise<BenchResult>>> = {
  events: async () => (await import("./events.ts")).runEvents,
  calls: async () => (await import("./calls/index.ts")).runCalls,
  checks: async () => (await import("./checks.ts")).runChecks,
  lookups: async () => (await import("./lookups.ts")).runLookups,
  scrub: async () => (await import("./scrub.ts")).runScrub,
  messages: async () => (await import("./messages.ts")).runMessages,
};
const arrangements: readonly string[] = ["shared", "apart"] satisfies Arrangement[];

function commandLine() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      against: { type: "string" },
      arrangement: { type: "string" },
      sides: { type: "string" },
      references: { type: "boolean", default: false },
      rates: { type: "string" },
      everything: { type: "boolean", default: false },
      "one-app": { type: "boolean", default: false },
      rounds: { type: "string" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [name = "", ...more] = positionals;
  const load = benches[name];
  const { arrangement = null } = values;
  if (load === undefined || more.length > 0) throw new Error(`one of ${Object.keys(benches).join(", ")} is needed`);
  if (arrangement !== null && (name !== "calls" || !arrangements.includes(arrangement))) {
    throw new Error(`--arrangement ${arrangement}: must be shared or apart, and goes with calls`);
  }
  const sides = values.sides?.split(",") ?? null;
  if (sides !== null && (name !== "calls" || !sides.every(isSide))) {
    throw new Error(`--sides ${values.sides}: must be some of ${chosenSides.join(", ")}, and goes with calls`);
  }
  const rates = values.rates?.split(",").map(Number) ?? null;
  if (rates !== null && (name !== "calls" || rates.length > mostRates || !rates.every(isRate))) {
    throw new Error(`--rates ${values.rates}: must be calls a second, 1 to ${highestRate} each, and goes with calls`);
  }
  for (const option of ["references", "everything"] as const) {
    if (values[option] && name !== "calls") throw new Error(`--${option}: goes with calls`);
  }
  if (values["one-app"] && name !== "checks") throw new Error("--one-app: goes with checks");
  const rounds = values.rounds === undefined ? null : Number(values.rounds);
  if (rounds !== null && !(Number.isInteger(rounds) && rounds % 2 === 1 && rounds > 0 && rounds <= mostRounds)) {
    throw new Error(`--rounds ${values.rounds}: must be an odd number from 1 to ${mostRounds}`);
  }
  return { ...values, name, load, rounds, sides, rates, arrangement: arrangement as Arrangement | null };
}

function isSide(name: string): name is ChosenSide {
  return (chosenSides as readonly string[]).includes(name);
}

function isRate(rate: number): boolean {
  return Number.isInteger(rate) && rate >= 1 && rate <= highestRate;
}

const progress = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<number> {
  let given: ReturnType<typeof commandLine>;
  try {
    given = commandLine();
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    return exitUsage;
  }
  try {
    const { quick, rounds, arrangement, sides, rates, everything, "one-app": oneApp } = given;
    const references = given.references || rates !== null;
    const run = await given.load();
    const against = given.against === undefined ? null : await buildCommit(given.against, progress);
    const result = await run({
      ...{ progress, against, quick, rounds, arrangement, sides, references, rates, everything, oneApp },
    });
    report(result, { json: given.json, quick, write: (text) => process.stdout.write(text) });
    return 0;
  } catch (error) {
    process.stderr.write(`bench ${given.name}: ${(error as Error).message}\n`);
    return 1;
  }
}

process.exitCode = await main();
// What a part that ended left waiting (requests, timers) does not hold the process.
process.exit();
