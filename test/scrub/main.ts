/** `npm run scrub:kills [-- --rows N --kills N --seed N]`: the wide form of the narrow test in test/integration/scrub. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { writeList } from "../../bench/scrub/list.ts";
import { createDice } from "../chaos/dice.ts";
import { killRuns } from "./kills.ts";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1e6) },
  },
});
const dir = mkdtempSync(path.join(tmpdir(), "onering-kills-"));
const file = path.join(dir, "list.csv");
const main = path.join(import.meta.dirname, "../../dist/main.js");
const command = (folder: string) => [
  main,
  "scrub",
  file,
  "--column",
  "phone",
  "--country",
  "ID",
  "--out",
  folder,
  "--quiet",
];
try {
  process.stdout.write(`${values.rows} rows, ${values.kills} kills, --seed ${values.seed}\n`);
  await writeList(file, Number(values.rows));
  const dice = createDice(Number(values.seed));
  let wrong = 0;
  for await (const { at, journaledRows, same } of killRuns({ command, dir, kills: Number(values.kills), dice })) {
    if (!same) wrong++;
    const where = `killed at ${(at * 100).toFixed(1)} %, journal at row ${journaledRows ?? "none"}`;
    process.stdout.write(`${where}: ${same ? "byte-identical" : "DIFFERENT"}\n`);
  }
  process.stdout.write(wrong === 0 ? "all byte-identical\n" : `${wrong} different\n`);
  process.exitCode = wrong === 0 ? 0 : 1;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
