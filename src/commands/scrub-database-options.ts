/** The options of `onering scrub` for a table of a database. */
import { readFile, stat } from "node:fs/promises";
import { apiKeyVariable, scrubDatabaseVariable } from "../config/other-variables.ts";
import { type Actions, readActions } from "../numbers/cleaning/database/actions.ts";
import type { TableName } from "../numbers/cleaning/database/ports.ts";
import { readTableName } from "../numbers/cleaning/database/table-name.ts";
import { isGatewayAddress, wrongGateway } from "./gateway-address.ts";

/** For the table of the command line. */
export const databaseOptions = {
  postgres: { type: "boolean" },
  mysql: { type: "boolean" },
  table: { type: "string" },
  "url-file": { type: "string" },
  apply: { type: "string" },
  duplicates: { type: "boolean" },
  undo: { type: "string" },
  rate: { type: "string" },
  batch: { type: "string" },
  watch: { type: "boolean" },
  "updated-column": { type: "string" },
  gateway: { type: "string" },
} as const;

/** Further lines of the command's help. */
export const databaseHelp = `A table (docs/database-cleaning.md); the address is in ${scrubDatabaseVariable} or in a file that only you can read:
  --postgres | --mysql   with --table [SCHEMA.]TABLE --column NAME --out DIR; reads and reports, and changes nothing without --apply
  --apply LIST           flag=COLUMN, set-null, move=TABLE or delete for rejected rows; normalise writes the others in E.164
  --duplicates           rows that repeat a number count as rejected
  --undo DIR             restores what the run in DIR changed, where it still is as that left it
  --rate N, --batch N    at most N rows a second, and in one transaction (200)
  --watch                goes on with new rows, and with numbers that the gateway found dead (--gateway URL, key in ${apiKeyVariable})
  --updated-column NAME  finds changed rows too, not new ones alone; needs an index
  --url-file FILE        the address, instead of the variable`;

/** What the command line gave. */
export interface DatabaseValues {
  readonly postgres?: boolean;
  readonly mysql?: boolean;
  readonly table?: string;
  readonly column?: string;
  readonly country?: string;
  readonly config?: string;
  readonly "keep-landlines"?: boolean;
  readonly out?: string;
  readonly "url-file"?: string;
  readonly apply?: string;
  readonly duplicates?: boolean;
  readonly undo?: string;
  readonly rate?: string;
  readonly batch?: string;
  readonly watch?: boolean;
  readonly "updated-column"?: string;
  readonly gateway?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

interface Common {
  readonly urlFile: string | null;
  readonly folder: string;
  readonly rowsPerSecond: number | null;
  readonly batchRows: number;
  /** Prints errors and notes only. */
  readonly quiet: boolean;
  /** Prints the summary as one line of JSON. */
  readonly json: boolean;
}

export interface WatchOptions {
  readonly updatedColumn: string | null;
  readonly gateway: string | null;
}

export type DatabaseAct =
  | (Common & { readonly act: "undo" })
  | (Common & {
      readonly act: "clean";
      readonly database: "postgres" | "mysql";
      readonly table: TableName;
      readonly column: string;
      readonly country: string | null;
      readonly config: string | null;
      readonly keepLandlines: boolean;
      readonly actions: Actions | null;
      /** Null: not to go on. */
      readonly watch: WatchOptions | null;
    });

const usualBatchRows = 200;
const mostBatchRows = 5000;

/** Options of lists that hold for tables too. */
const shared = ["column", "country", "out", "config", "keep-landlines", "quiet", "json", "help"];

/** Whether the command line is about a database. */
export function isAboutDatabase(values: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(databaseOptions).some((name) => values[name] !== undefined);
}

/** @returns what is wrong with them, for the command line */
export function readDatabaseOptions(
  words: readonly string[],
  values: DatabaseValues,
): DatabaseAct | { readonly wrong: string } {
  const foreign = Object.keys(values).find((name) => !(name in databaseOptions) && !shared.includes(name));
  if (foreign !== undefined) return { wrong: `--${foreign} goes with a FILE` };
  if (words.length > 0) return { wrong: `a table is cleaned or a FILE, not both: ${JSON.stringify(words[0])}` };
  const { postgres = false, mysql = false, undo, out, table, column, watch = false } = values;
  const rate = wholeNumber("rate", values.rate, 1_000_000);
  const batch = wholeNumber("batch", values.batch, mostBatchRows);
  for (const one of [rate, batch]) if (one !== null && typeof one === "object") return one;
  const numbers = { rowsPerSecond: rate as number | null, batchRows: (batch as number | null) ?? usualBatchRows };
  const output = { quiet: values.quiet ?? false, json: values.json ?? false };
  const common = { urlFile: values["url-file"] ?? null, ...numbers, ...output };
  if (undo !== undefined) return { act: "undo", folder: undo, ...common };
  if (!postgres && !mysql) return { wrong: "a table needs --postgres or --mysql" };
  if (postgres && mysql) return { wrong: "--postgres or --mysql, not both" };
  const option = postgres ? "--postgres" : "--mysql";
  if (table === undefined || column === undefined) return { wrong: `${option} needs --table and --column` };
  if (out === undefined) return { wrong: `${option} needs --out DIR, for the report and what undo needs` };
  const updatedColumn = values["updated-column"] ?? null;
  const gateway = values.gateway ?? null;
  if (!watch && (updatedColumn ?? gateway) !== null) return { wrong: "--updated-column and --gateway go with --watch" };
  if (gateway !== null && !isGatewayAddress(gateway)) return wrongGateway(gateway);
  if (watch && values.apply === undefined) return { wrong: "--watch needs --apply" };
  if (values.duplicates === true && values.apply === undefined) return { wrong: "--duplicates needs --apply" };
  try {
    return {
      ...{
        act: "clean",
        folder: out,
        ...common,
        column,
        country: values.country ?? null,
        config: values.config ?? null,
      },
      database: postgres ? "postgres" : "mysql",
      table: readTableName(table),
      keepLandlines: values["keep-landlines"] ?? false,
      actions: values.apply === undefined ? null : readActions(values.apply, values.duplicates ?? false),
      watch: watch ? { updatedColumn, gateway } : null,
    };
  } catch (error) {
    return { wrong: (error as Error).message };
  }
}

function wholeNumber(name: string, text: string | undefined, most: number): number | null | { readonly wrong: string } {
  if (text === undefined) return null;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  return { wrong: `--${name} must be a whole number from 1 to ${most}, not ${JSON.stringify(text)}` };
}

/** For others than the owner. */
const othersMay = 0o077;

/**
 * The address of the database, with its password: never on the command line, which every user of the machine sees.
 * @throws {Error} where there is none, or others may read the file
 */
export async function readDatabaseUrl(file: string | null, env: NodeJS.ProcessEnv): Promise<string> {
  if (file === null) {
    const url = env[scrubDatabaseVariable];
    if (url === undefined || url === "")
      throw new Error(`set ${scrubDatabaseVariable} to the database's address, or give --url-file FILE`);
    return url;
  }
  if (((await stat(file)).mode & othersMay) !== 0) throw new Error(`${file} can be read by others: chmod 600 ${file}`);
  const url = (await readFile(file, "utf8")).trim();
  if (!/^[a-z+]+:\/\/\S+$/.test(url)) throw new Error(`${file} must hold one address and nothing else`);
  return url;
}
