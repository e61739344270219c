/** What a benchmark reports at its end: a table for people, or one line of JSON for programs. */
import { cpus, totalmem } from "node:os";
import type { Arrangement } from "../calls/arrangement.ts";
import type { ChosenSide } from "../calls/plan.ts";
import type { Source } from "./commit.ts";
import type { Comparison } from "./comparison.ts";

/** A gateway against the one of a commit, in one run. */
export interface Against {
  readonly commit: string;
  readonly comparisons: readonly Comparison[];
}

/** A benchmark's result. Its other figures stand beside these, in snake_case with units last. */
export interface BenchResult {
  readonly name: string;
  /** ours ÷ bare, both of them medians. */
  readonly ratio: number;
  readonly ours: number;
  readonly bare: number;
  /** Of `ours` and `bare`, for instance `lookups/s`. */
  readonly unit: string;
  /** This commit's gateway against another's, where that was asked for. */
  readonly against: Against | null;
  /** This commit's gateway with everything switched on, against this one's without it and perhaps the other's with it. */
  readonly everything?: readonly Against[];
  readonly [other: string]: unknown;
}

/** The command line of a benchmark. */
export interface BenchOptions {
  /** Progress for people, one line at a time; nothing of it is in the result. */
  readonly progress: (line: string) => void;
  /** The gateway of another commit, to run beside this one's. */
  readonly against: Source | null;
  /** A short run, which shows that all of it works; its figures are not for comparing. */
  readonly quick: boolean;
  /** How many times each side is measured; null: as the benchmark has it. */
  readonly rounds: number | null;
  /** Of `calls`: only this one; null: all. */
  readonly arrangement: Arrangement | null;
  /** Of `calls`: only these; null: all. */
  readonly sides: readonly ChosenSide[] | null;
  /** calls only: the reference rates without the ladder. */
  readonly references: boolean;
  /** calls only: the reference rates, calls a second; null: as the benchmark has them. */
  readonly rates: readonly number[] | null;
  /** checks only: one app, so no app has a share of a callee's limits. */
  readonly oneApp: boolean;
  /** calls only: one more gateway, with everything switched on. */
  readonly everything: boolean;
}

/**
 * Writes the result: a table, and with `json` also the result as one JSON object in the last line, with the machine
 * it was measured on. Figures are rounded to four significant digits: more would be noise.
 */
export function report(
  result: BenchResult,
  options: { json: boolean; quick: boolean; write: (text: string) => void },
): void {
  const { against, everything = [], ...others } = result;
  const rounded = roundAll({ ...others, quick: options.quick, machine: machine() }) as Record<string, unknown>;
  const width = Math.max(...Object.keys(rounded).map((key) => key.length));
  for (const [key, value] of Object.entries(rounded)) options.write(`${key.padEnd(width)}  ${forPeople(value)}\n`);
  if (against !== null) options.write(`\n${comparisonTable("this commit", against)}`);
  for (const one of everything) options.write(`\n${comparisonTable("everything on", one)}`);
  if (options.quick) options.write("\nA quick run: its figures are not for comparing.\n");
  if (!options.json) return;
  const compared = {
    against: against && inSnakeCase(against),
    ...(everything.length > 0 && { everything: everything.map(inSnakeCase) }),
  };
  options.write(`${JSON.stringify({ ...rounded, ...(roundAll(compared) as object) })}\n`);
}

function inSnakeCase({ commit, comparisons }: Against) {
  return {
    commit,
    comparisons: comparisons.map(({ ratioLow, ratioHigh, ...others }) => ({
      ...others,
      ratio_low: ratioLow,
      ratio_high: ratioHigh,
    })),
  };
}

/** Medians and their ratio; in brackets the least and the greatest ratio of one round. */
function comparisonTable(mine: string, { commit, comparisons }: Against): string {
  const rows = [["figure", mine, commit, `${mine} ÷ ${commit}`]];
  for (const one of comparisons) {
    const { figure, ours, other, ratio, ratioLow, ratioHigh } = roundAll(one) as Comparison;
    const ratios = Number.isFinite(ratio) ? `${ratio} (${ratioLow} to ${ratioHigh})` : "none";
    rows.push([figure, String(ours), String(other), ratios]);
  }
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function machine() {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? "unknown",
    cores: processors.length,
    memory_gib: totalmem() / 2 ** 30,
    node: process.version,
  };
}

function roundAll(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value : Number(value.toPrecision(4));
  if (Array.isArray(value)) return value.map(roundAll);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, roundAll(inner)]));
}

function forPeople(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
