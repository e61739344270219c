/** Opt-outs as all gateways read them. The scripts are in lua/. */
import type { KnownRow, OptOutMirror } from "../opt-out/store-port.ts";
import type { OptOutEntry, OptOutRow } from "../opt-out/types.ts";
import { optOutsCompleteKey, optOutsKey, optOutsWaitingKey } from "./keys.ts";
import type { Reply, RunCommand, RunScript } from "./run.ts";

/** Beyond it opt-outs are refused while the records are away: about 20 MB. */
const mostWaiting = 100_000;
const rowsAtOnce = 100;

interface StoredRow {
  readonly r: number;
  /** 1: the records' entries are missing. */
  readonly u?: 1;
  readonly e: Readonly<Record<string, readonly [state: string, atMs: number, source: string]>>;
}

export function createOptOutMirror(run: RunScript, ask: RunCommand): OptOutMirror {
  const change = async (callee: string, app: string, entry: string, known: KnownRow) => {
    const args = [callee, known === "unknown" ? "?" : write(known), app, entry, mostWaiting];
    return (await run("opt_out_change", optOutsKey, args)) as Reply;
  };
  return {
    async find(callees) {
      // In this order: where it is complete, what is read after that lacks nothing.
      const isComplete = ask("EXISTS", optOutsCompleteKey);
      const asked = callees.length === 0 ? [] : ask("HMGET", optOutsKey, ...callees);
      const [complete, rows] = (await Promise.all([isComplete, asked])) as [number, readonly (string | null)[]];
      const found = callees.flatMap((callee, index) => (rows[index] ? [read(callee, rows[index])] : []));
      return { rows: found, complete: complete === 1 };
    },
    async put(callee, app, { state, atMs, source }, known) {
      const [done] = await change(callee, app, JSON.stringify([state, atMs, source]), known);
      return done === 1;
    },
    async remove(callee, app, known) {
      const [, removed = 0] = await change(callee, app ?? "", "", known);
      return Number(removed);
    },
    async waiting() {
      const reply = (await run("opt_out_waiting", optOutsWaitingKey, [rowsAtOnce])) as Reply;
      return Array.from({ length: reply.length / 2 }, (_, i) => read(String(reply[2 * i]), reply[2 * i + 1]));
    },
    async written(rows) {
      const args = rows.flatMap(({ callee, revision }) => [callee, revision]);
      await run("opt_out_written", optOutsWaitingKey, args);
    },
    async fill(rows) {
      await run(
        "opt_out_fill",
        optOutsKey,
        rows.flatMap(({ callee, row }) => [callee, write(row)]),
      );
    },
    async filled() {
      await run("opt_out_fill", optOutsKey, []);
    },
  };
}

function read(callee: string, text: string | number | undefined): OptOutRow {
  const { r, e, u } = JSON.parse(String(text)) as StoredRow;
  const entries = Object.entries(e).map(([app, [state, atMs, source]]) => [
    app,
    { state, atMs, source } as OptOutEntry,
  ]);
  const row = { callee, revision: r, entries: Object.fromEntries(entries) as OptOutRow["entries"] };
  return u === undefined ? row : { ...row, partial: true };
}

function write(row: OptOutRow | null): string {
  if (row === null) return "";
  const { revision, entries } = row;
  const stored = Object.entries(entries).map(([app, { state, atMs, source }]) => [app, [state, atMs, source]]);
  return JSON.stringify({ r: revision, e: Object.fromEntries(stored) });
}
