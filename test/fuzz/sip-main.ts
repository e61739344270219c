/** `npm run fuzz:sip -- [mutations] [seed]`: mutated SIP messages through the parser and the framing of streams. */
import { fuzzSip } from "./sip-messages.ts";

/** Bad command line: EX_USAGE of sysexits.h. */
const exitUsage = 64;
const [mutations, seed] = [process.argv[2] ?? 1_000_000, process.argv[3] ?? Date.now() % 1_000_000].map(Number) as [
  number,
  number,
];
if (!(mutations >= 1 && mutations <= 100_000_000 && seed >= 0)) {
  process.stderr.write("usage: npm run fuzz:sip -- [mutations, at most 100000000] [seed]\n");
  process.exit(exitUsage);
}
const { accepted, slowestMs, faults } = fuzzSip(mutations, seed);
process.stdout.write(
  `seed ${seed}: ${mutations} inputs, ${accepted} of them messages; slowest ${slowestMs.toFixed(1)} ms; ${faults.length} faults\n`,
);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
