/**
 * scrub: how much cleaning a list costs on top of the library it stands on: the whole command over a million rows (start, CSV
 * in, judged, duplicates, CSV out, synchronised) on one core, against a bare loop of libphonenumber-js over the same cells,
 * parse and nothing else, its start not counted; then the same command with two threads on two cores, against the same loop on
 * one. Against another commit: the same of its command. All runs of a commit have to write the same bytes.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeList } from "./scrub/list.ts";
import { type Ended, onCores } from "./scrub/on-cores.ts";
import { alternate, median, pairedRatio, type Side } from "./support/alternate.ts";
import { type Source, thisCommit } from "./support/commit.ts";
import { compare, isComparison } from "./support/comparison.ts";
import { foreignLoadWarning, watchForeignLoad } from "./support/foreign-load.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const whole = { rows: 1_000_000, rounds: 11, warmupRounds: 1 };
const quick = { rows: 50_000, rounds: 1, warmupRounds: 0 };

interface Run extends Ended {
  /** SHA-256 over what it wrote; the bare loop writes nothing. */
  readonly written: string | null;
}

/** Figures are rows a second; higher is better. */
export async function runScrub(options: BenchOptions): Promise<BenchResult> {
  const { rows, warmupRounds, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const { against } = options;
  const dir = mkdtempSync(path.join(tmpdir(), "onering-bench-"));
  try {
    const file = path.join(dir, "list.csv");
    await writeList(file, rows);
    const runs: Record<string, Run[]> = {};
    const side = (name: string, measure: () => Promise<Run>): Side => ({
      name,
      async measure(round) {
        const run = await measure();
        // Warm-up rounds are no rounds.
        if (round >= 0) runs[name] = [...(runs[name] ?? []), run];
        return rows / run.seconds;
      },
    });
    const one = (name: string, { root }: Source) => side(name, () => clean(root, file, path.join(dir, name), "0", 0));
    const two = (name: string, { root }: Source) => side(name, () => clean(root, file, path.join(dir, name), "0,1", 2));
    // Neighbours are compared.
    const sides = [
      side("bare", () => bare(rows)),
      one("one", thisCommit),
      ...(against === null ? [] : [one("other_one", against), two("other_two", against)]),
      two("two", thisCommit),
    ];
    const foreign = watchForeignLoad();
    const measured = await alternate(sides, {
      rounds,
      warmupRounds,
      order: "mirrored",
      onMeasured: (name, round, rate) => options.progress(`round ${round}: ${name} ${Math.round(rate)} rows/s`),
    });
    const warning = foreignLoadWarning(foreign.percent([]));
    if (warning !== null) options.progress(warning);
    const samples = (name: string) => measured.samples[name] ?? [];
    const runsOf = (name: string) => runs[name] ?? [];
    const cpu = (name: string) => runsOf(name).map(({ cpuSeconds }) => (cpuSeconds * 1e6) / rows);
    const most = (name: string) => Math.max(...runsOf(name).map(({ rssMb }) => rssMb));
    const writtenBy = (names: readonly string[]) =>
      new Set(names.flatMap((name) => runsOf(name).map((run) => run.written)));
    const [written = null, ...others] = writtenBy(["one", "two"]);
    if (others.length > 0) throw new Error("runs over the same list wrote different bytes");
    const ratio = pairedRatio(samples("one"), samples("bare"));
    const twoRatio = pairedRatio(samples("two"), samples("bare"));
    const twoToOne = pairedRatio(samples("two"), samples("one"));
    const cpuRatio = pairedRatio(cpu("bare"), cpu("one"));
    return {
      name: "scrub",
      ratio: ratio.ratio,
      ours: median(samples("one")),
      bare: median(samples("bare")),
      unit: "rows/s on one core",
      ...spreadOf("ratio", ratio),
      bare_is: "libphonenumber-js/max: parsePhoneNumberFromString over the same cells, its start not counted",
      cpu_ratio: cpuRatio.ratio,
      ...spreadOf("cpu_ratio", cpuRatio),
      two_workers: median(samples("two")),
      two_workers_ratio: twoRatio.ratio,
      ...spreadOf("two_workers_ratio", twoRatio),
      two_workers_to_one_core: twoToOne.ratio,
      peak_rss_mb: Math.max(most("one"), most("two")),
      peak_rss_mb_one_core: most("one"),
      peak_rss_mb_two_workers: most("two"),
      cpu_us_per_row: median(cpu("one")),
      cpu_us_per_row_two_workers: median(cpu("two")),
      cpu_us_per_row_bare: median(cpu("bare")),
      sha256: written,
      rows,
      rounds,
      ...(against !== null && { against_same_bytes: writtenBy(["one", "other_one", "other_two"]).size === 1 }),
      against: against && {
        commit: against.label,
        comparisons: [
          compare("one_core_rows_per_s", samples("one"), samples("other_one")),
          compare("one_core_cpu_us_per_row", cpu("one"), cpu("other_one")),
          compare("two_workers_rows_per_s", samples("two"), samples("other_two")),
          compare("two_workers_cpu_us_per_row", cpu("two"), cpu("other_two")),
        ].filter(isComparison),
      },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The least, the greatest and the quartiles of single rounds. */
function spreadOf(name: string, { low, quarter, threeQuarters, high }: ReturnType<typeof pairedRatio>) {
  return { [`${name}_low`]: low, [`${name}_quartiles`]: [quarter, threeQuarters], [`${name}_high`]: high };
}

/** The command over the list. @param root of the commit that it is of */
async function clean(root: string, file: string, out: string, cores: string, threads: number): Promise<Run> {
  const args = ["scrub", file, "--column", "phone", "--country", "ID", "--out", out, "--workers", String(threads)];
  const run = await onCores(cores, [path.join(root, "dist/main.js"), ...args, "--quiet"]);
  const hash = createHash("sha256");
  for (const name of ["clean.csv", "rejects.csv", "summary.json"]) hash.update(readFileSync(path.join(out, name)));
  rmSync(out, { recursive: true });
  return { ...run, written: hash.digest("hex") };
}

/** The loop alone counts: its time and CPU time. */
async function bare(rows: number): Promise<Run> {
  const run = await onCores("0", [path.join(import.meta.dirname, "scrub/bare-process.ts"), String(rows)]);
  const { seconds, cpuSeconds } = JSON.parse(run.output) as Pick<Ended, "seconds" | "cpuSeconds">;
  return { ...run, seconds, cpuSeconds, written: null };
}
