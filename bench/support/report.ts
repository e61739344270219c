/** What a benchmark says at its end: a table for people, or one line of JSON for programs. */
import { cpus, totalmem } from "node:os";

/** A benchmark's answer. Whatever else it measured stands beside these, in snake_case with units last. */
export interface BenchResult {
  readonly name: string;
  /** ours ÷ bare, both of them medians. */
  readonly ratio: number;
  readonly ours: number;
  readonly bare: number;
  /** Of `ours` and `bare`, for instance `lookups/s`. */
  readonly unit: string;
  readonly [other: string]: unknown;
}

/** What every benchmark is told. */
export interface BenchOptions {
  /** Progress for people, one line at a time; nothing of it is in the result. */
  readonly progress: (line: string) => void;
}

/**
 * Writes the result: a table, and with `json` also the result as one JSON object in the last line, with the machine
 * it was measured on. Figures are rounded to four significant digits: more would be noise.
 */
export function report(result: BenchResult, options: { json: boolean; write: (text: string) => void }): void {
  const rounded = roundAll({ ...result, machine: machine() }) as Record<string, unknown>;
  const width = Math.max(...Object.keys(rounded).map((key) => key.length));
  for (const [key, value] of Object.entries(rounded)) options.write(`${key.padEnd(width)}  ${forPeople(value)}\n`);
  if (options.json) options.write(`${JSON.stringify(rounded)}\n`);
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
