/** What `npm run chaos` says at its end: a table for people, then one line of JSON for programs. */
import type { Cell } from "./kills/index.ts";

export interface ChaosResult {
  readonly name: "chaos";
  readonly seed: number;
  readonly times: number;
  readonly seconds: number;
  readonly appendfsync: string;
  readonly cells: readonly Cell[];
  readonly violations: readonly string[];
}

export function report(result: ChaosResult, write: (text: string) => void): void {
  const rows = result.cells.map(({ victim, state, kills, calls, in_state, accepted, ends, typed }) => [
    ...[victim, state, String(kills), String(calls), String(in_state), String(accepted)],
    ...[inWords(ends), inWords(typed)],
  ]);
  const head = ["victim", "state", "kills", "calls", "in state", "accepted", "ends", "digits"];
  for (const line of columns([head, ...rows])) write(`${line}\n`);
  for (const violation of result.violations) write(`VIOLATION ${violation}\n`);
  write(`${result.violations.length} violations in ${result.seconds} s, seed ${result.seed}\n`);
  write(`${JSON.stringify(result)}\n`);
}

const inWords = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");

function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
