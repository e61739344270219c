/** `npm run bench -- calls|checks|lookups [--json]`: ours against a bare peer, alternating in one run. */
import { parseArgs } from "node:util";
import { type BenchOptions, type BenchResult, report } from "./support/report.ts";

const benches: Record<string, () => Promise<(options: BenchOptions) => Promise<BenchResult>>> = {
  calls: async () => (await import("./calls/index.ts")).runCalls,
  checks: async () => (await import("./checks.ts")).runChecks,
  lookups: async () => (await import("./lookups.ts")).runLookups,
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
});
const load = benches[positionals[0] ?? ""];
if (load === undefined || positionals.length !== 1) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(benches).join("|")} [--json]\n`);
  process.exit(64);
}
const run = await load();
const result = await run({ progress: (line) => process.stderr.write(`${line}\n`) });
report(result, { json: values.json, write: (text) => process.stdout.write(text) });
