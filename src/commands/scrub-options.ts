/** The options of `onering scrub FILE`. */
import { type FileFormat, fileFormats } from "../numbers/cleaning/files/formats.ts";
import { encodings, type TextEncodingName } from "../numbers/cleaning/text/encoding.ts";
import type { Delimiter } from "../numbers/cleaning/text/rows.ts";

export const scrubOptions = {
  config: { type: "string" },
  column: { type: "string" },
  country: { type: "string" },
  out: { type: "string" },
  format: { type: "string" },
  encoding: { type: "string" },
  delimiter: { type: "string" },
  sheet: { type: "string" },
  header: { type: "boolean" },
  "no-header": { type: "boolean" },
  "keep-landlines": { type: "boolean" },
  workers: { type: "string" },
  resume: { type: "boolean" },
  restart: { type: "boolean" },
  yes: { type: "boolean", short: "y" },
  quiet: { type: "boolean", short: "q" },
  json: { type: "boolean" },
} as const;

/** As `parseArgs` gives them. */
export type ScrubValues = {
  readonly [name in keyof typeof scrubOptions]?: (typeof scrubOptions)[name]["type"] extends "string"
    ? string
    : boolean;
};

export interface ScrubAct {
  readonly file: string;
  readonly folder: string;
  readonly config: string | null;
  readonly column: string | null;
  readonly country: string | null;
  readonly keepLandlines: boolean;
  readonly format: FileFormat | null;
  readonly encoding: TextEncodingName | null;
  readonly delimiter: Delimiter | null;
  readonly sheet: string | null;
  readonly header: boolean | null;
  readonly threads: number | null;
  readonly resume: "only" | "auto" | "never";
  /** Guesses are taken without a question. */
  readonly yes: boolean;
  readonly quiet: boolean;
  readonly json: boolean;
}

const delimiterNames: Readonly<Record<string, Delimiter>> = {
  ...{ comma: ",", semicolon: ";", tab: "\t", pipe: "|" },
  ...{ ",": ",", ";": ";", "\t": "\t", "\\t": "\t", "|": "|" },
};
const mostThreads = 64;

/** @returns what is wrong with them, for the command line */
export function readScrubAct(words: readonly string[], values: ScrubValues): ScrubAct | { readonly wrong: string } {
  const [file, ...more] = words;
  if (file === undefined) return { wrong: "scrub needs a FILE" };
  if (more.length > 0) return { wrong: `scrub takes one FILE, not also ${JSON.stringify(more[0])}` };
  if (values.out === undefined) return { wrong: "scrub needs --out DIR, where the results go" };
  const format = values.format === undefined ? null : fileFormats.find((name) => name === values.format);
  if (format === undefined) return wrongOne("format", fileFormats, values.format);
  const encoding =
    values.encoding === undefined ? null : encodings.find((name) => name === values.encoding?.toLowerCase());
  if (encoding === undefined) return wrongOne("encoding", encodings, values.encoding);
  const delimiter = values.delimiter === undefined ? null : delimiterNames[values.delimiter];
  if (delimiter === undefined) return wrongOne("delimiter", ["comma", "semicolon", "tab", "pipe"], values.delimiter);
  const threads = values.workers === undefined ? null : Number(values.workers);
  if (threads !== null && !(Number.isInteger(threads) && threads >= 0 && threads <= mostThreads)) {
    return { wrong: `--workers must be a number from 0 to ${mostThreads}, not ${JSON.stringify(values.workers)}` };
  }
  if (values.header === true && values["no-header"] === true)
    return { wrong: "--header and --no-header exclude each other" };
  if (values.resume === true && values.restart === true) return { wrong: "--resume and --restart exclude each other" };
  return {
    file,
    folder: values.out,
    config: values.config ?? null,
    column: values.column ?? null,
    country: values.country ?? null,
    keepLandlines: values["keep-landlines"] ?? false,
    format,
    encoding,
    delimiter,
    sheet: values.sheet ?? null,
    header: values.header === true ? true : values["no-header"] === true ? false : null,
    threads,
    resume: values.restart === true ? "never" : values.resume === true ? "only" : "auto",
    yes: values.yes ?? false,
    quiet: values.quiet ?? false,
    json: values.json ?? false,
  };
}

function wrongOne(name: string, known: readonly string[], given: string | undefined) {
  return { wrong: `--${name} must be one of ${known.join(", ")}, not ${JSON.stringify(given)}` };
}
