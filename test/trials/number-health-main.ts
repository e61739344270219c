/** `npm run trials:health -- [numbers] [seed]`: what number health saves, as a table. */
import { compare, mixes, tableOf } from "./number-health.ts";

const exitUsage = 64;
const [numbers = 20_000, seed = 4711] = process.argv.slice(2).map(Number);
if (!(numbers >= 100 && numbers <= 1_000_000 && Number.isSafeInteger(seed))) {
  process.stderr.write("usage: npm run trials:health -- [numbers, 100 to 1000000] [seed]\n");
  process.exit(exitUsage);
}
const rows = [];
for (const mix of mixes) rows.push(await compare(mix, seed, numbers));
process.stdout.write(`${numbers} numbers, seed ${seed}\n\n${tableOf(rows)}\n`);
