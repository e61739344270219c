/** A run in this process, as the command makes it. */
import { readActions } from "../../../src/numbers/cleaning/database/actions.ts";
import { clean, undoRun } from "../../../src/numbers/cleaning/database/run.ts";
import { readTableName } from "../../../src/numbers/cleaning/database/table-name.ts";
import { createJudge } from "../../../src/numbers/cleaning/judge.ts";
import { readPolicy } from "../../../src/numbers/cleaning/policy.ts";
import type { Kind } from "./database.ts";

const policy = readPolicy(null, "GB", false);
if ("wrong" in policy) throw new Error(policy.wrong);
export const judge = createJudge(policy);

export interface Asking {
  readonly kind: Kind;
  readonly url: string;
  readonly folder: string;
  readonly table?: string;
  readonly column?: string;
  /** Left out: a dry run. */
  readonly apply?: string;
  readonly duplicates?: boolean;
  readonly signal?: AbortSignal;
  /** Gets the lines for people. */
  readonly notes?: string[];
  /** Called after each page and transaction. */
  readonly progress?: (what: string, rows: number) => void;
}

export function runClean({ kind, table = "users", column = "phone", apply, duplicates = false, ...asking }: Asking) {
  return clean({
    ...{ database: kind, table: readTableName(table), column, judge, judging: "test" },
    ...commonOf(asking),
    actions: apply === undefined ? null : readActions(apply, duplicates),
  });
}

export function runUndo(asking: Pick<Asking, "url" | "folder" | "signal">) {
  return undoRun(commonOf(asking));
}

export function commonOf(asking: Pick<Asking, "url" | "folder" | "signal" | "notes" | "progress">) {
  const { url, folder, signal, notes, progress = () => undefined } = asking;
  const watcher = { note: (line: string) => void notes?.push(line), progress };
  return {
    ...{ url, folder, watcher, rowsPerSecond: null, batchRows: 200 },
    signal: signal ?? new AbortController().signal,
  };
}
