/**
 * scrub: how much cleaning a list costs on top of the library it stands on: the whole command over a million rows (start, CSV
 * in, judged, duplicates, CSV out, synchronised) on one core, against a bare loop of libphonenumber-js over the same cells,
 * parse and nothing else, its start not counted; then the same command with two threads on two cores.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { writeList } from "./scrub/list.ts";
import { alternate, median, ratioOf } from "./support/alternate.ts";
import type { BenchOptions, BenchResult } from "./support/report.ts";

const whole = { rows: 1_000_000, rounds: 5, warmupRounds: 1 };
const quick = { rows: 50_000, rounds: 1, warmupRounds: 0 };
const root = path.join(import.meta.dirname, "..");
/** Says at the end what a process took; plain JavaScript, for Node's own stripping of types takes memory too. */
const usageReport = `import { writeSync } from "node:fs";
process.on("exit", () => { const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
writeSync(3, JSON.stringify({ rssMb: maxRSS / 1024, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6 })); });`;

interface Ended {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly output: string;
}

/** Figures are rows a second; higher is better. */
export async function runScrub(options: BenchOptions): Promise<BenchResult> {
  if (options.against !== null) throw new Error("--against: goes not with scrub");
  const { rows, warmupRounds, ...plan } = options.quick ? quick : whole;
  const rounds = options.rounds ?? plan.rounds;
  const dir = mkdtempSync(path.join(tmpdir(), "onering-bench-"));
  try {
    const file = path.join(dir, "list.csv");
    await writeList(file, rows);
    const ended: Record<string, Ended[]> = { one: [], two: [], bare: [] };
    const clean = async (name: "one" | "two", cores: string, threads: number) => {
      const out = path.join(dir, name);
      const args = ["scrub", file, "--column", "phone", "--country", "ID", "--out", out, "--workers", String(threads)];
      const run = await onCores(cores, [path.join(root, "dist/main.js"), ...args, "--quiet"]);
      rmSync(out, { recursive: true });
      ended[name]?.push(run);
      return rows / run.seconds;
    };
    const bare = async () => {
      const run = await onCores("0", [path.join(import.meta.dirname, "scrub/bare-process.ts"), String(rows)]);
      const { seconds } = JSON.parse(run.output) as { readonly seconds: number };
      ended.bare?.push(run);
      return rows / seconds;
    };
    const measured = await alternate(
      [
        { name: "one", measure: () => clean("one", "0", 0) },
        { name: "two", measure: () => clean("two", "0,1", 2) },
        { name: "bare", measure: bare },
      ],
      {
        rounds,
        warmupRounds,
        onMeasured: (name, round, rate) => options.progress(`round ${round}: ${name} ${Math.round(rate)} rows/s`),
      },
    );
    const rateOf = (name: string) => median(measured.samples[name] ?? []);
    const { ratio, ratioLow, ratioHigh } = ratioOf(measured, "one", "bare");
    const most = (name: string) => Math.max(...(ended[name] ?? []).map(({ rssMb }) => rssMb));
    return {
      name: "scrub",
      ratio,
      ours: rateOf("one"),
      bare: rateOf("bare"),
      unit: "rows/s on one core",
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
      bare_is: "libphonenumber-js/max: parsePhoneNumberFromString over the same cells",
      two_workers: rateOf("two"),
      two_workers_ratio: ratioOf(measured, "two", "one").ratio,
      peak_rss_mb: Math.max(most("one"), most("two")),
      peak_rss_mb_one_core: most("one"),
      peak_rss_mb_two_workers: most("two"),
      cpu_us_per_row: (median((ended.one ?? []).map(({ cpuSeconds }) => cpuSeconds)) * 1e6) / rows,
      rows,
      rounds,
      against: null,
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Runs Node on some cores only. @throws where it fails */
async function onCores(cores: string, args: readonly string[]): Promise<Ended> {
  const report = `data:text/javascript,${encodeURIComponent(usageReport)}`;
  const startedMs = performance.now();
  const child = spawn("taskset", ["-c", cores, process.execPath, "--import", report, ...args], {
    stdio: ["ignore", "pipe", "inherit", "pipe"],
  });
  const [output, usage] = await Promise.all([textOf(child.stdio[1]), textOf(child.stdio[3]), once(child, "close")]);
  const seconds = (performance.now() - startedMs) / 1000;
  if (child.exitCode !== 0) throw new Error(`${args[0]} ended with ${child.exitCode}`);
  return { seconds, output, ...(JSON.parse(usage) as Pick<Ended, "rssMb" | "cpuSeconds">) };
}

async function textOf(stream: unknown): Promise<string> {
  let text = "";
  for await (const piece of stream as AsyncIterable<Buffer>) text += piece.toString();
  return text;
}
