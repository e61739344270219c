/** What `npm run chaos` says at its end: a table for people, then one line of JSON for programs. */
import type { DeliveryCell } from "./deliveries/index.ts";
import type { Cell } from "./kills/index.ts";
import type { PairsResult } from "./pairs/index.ts";

export interface ChaosResult {
  readonly name: "chaos";
  readonly seed: number;
  readonly times: number;
  readonly freezes: number;
  readonly seconds: number;
  readonly appendfsync: string;
  readonly driver: string;
  readonly cells: readonly Cell[];
  /** Gateways killed in each state of messages and voice calls. */
  readonly deliveries: readonly DeliveryCell[];
  /** Two gateways and two Asterisks under load; null: not run. */
  readonly pairs: PairsResult | null;
  readonly violations: readonly string[];
}

/** More violations than this are only in the JSON. */
const mostTold = 40;

export function report(result: ChaosResult, write: (text: string) => void): void {
  if (result.cells.length > 0) table(killRows(result.cells), write);
  if (result.deliveries.length > 0) table(deliveryRows(result.deliveries), write);
  if (result.pairs !== null) {
    table(pairRows(result.pairs), write);
    for (const { victim, last_failed_ms: lastMs } of result.pairs.kills) {
      write(
        `${victim} killed: ${lastMs === null ? "no later start failed or was late" : `the last start that failed came ${lastMs} ms after`}\n`,
      );
    }
  }
  for (const violation of result.violations.slice(0, mostTold)) write(`VIOLATION ${violation}\n`);
  write(`${result.violations.length} violations in ${result.seconds} s, seed ${result.seed}\n`);
  write(`${JSON.stringify(result)}\n`);
}

type Rows = readonly (readonly string[])[];

function killRows(cells: readonly Cell[]): Rows {
  const head = ["victim", "harm", "state", "times", "calls", "in state", "accepted", "overrun", "ends", "digits"];
  const rows = cells.map(({ victim, harm, state, times, calls, in_state, accepted, overrun_ms: ms, ends, typed }) => [
    ...[victim, harm, state, String(times), String(calls), String(in_state), String(accepted)],
    ...[ms === null ? "-" : `${ms} ms`, inWords(ends), inWords(typed)],
  ]);
  return [head, ...rows];
}

function deliveryRows(cells: readonly DeliveryCell[]): Rows {
  const head = ["line", "state", "kills", "in state", "ends", "next step after"];
  const rows = cells.map(({ line, state, kills, in_state, ends, next_step_ms: nextMs }) => [
    ...[line, state, String(kills), String(in_state), inWords(ends), nextMs === null ? "-" : `${nextMs} ms`],
  ]);
  return [head, ...rows];
}

/** A column for each figure, named as in the JSON. */
function pairRows({ phases }: PairsResult): Rows {
  const head = Object.keys(phases[0] ?? {});
  return [head, ...phases.map((phase) => Object.values(phase).map((value) => String(value ?? "-")))];
}

const inWords = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([word, count]) => `${count} ${word}`)
    .join(", ");

function table(rows: Rows, write: (text: string) => void): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  for (const row of rows)
    write(`${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()}
`);
}
