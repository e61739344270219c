/**
 * Numbering plans newer than the gateway: `numbers.metadata_file`, as libphonenumber-js carries it (`metadata.max.json`) or
 * as libphonenumber-metadata-generator makes it (`--types all`). A file that is not whole never comes into use.
 */
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import {
  builtInMetadata,
  type MetadataJson,
  type NumberingMetadata,
  numberingMetadata,
  useNumberingMetadata,
} from "./library.ts";
import { isRecord, problemOfPlans } from "./metadata-problems.ts";
import { digestOf, versionOf } from "./metadata-version.ts";

/** The whole world takes 160 kB. */
const largestBytes = 4_194_304;

/** The file that was read last: a configuration is checked before it is put into effect, and neither time may differ. */
let lastRead: { readonly file: string; readonly metadata: NumberingMetadata } | null = null;

/**
 * Reads and checks a file.
 * @returns what it holds, or what is wrong with it, to follow `metadata of libphonenumber: `
 */
export function readMetadataFile(file: string): NumberingMetadata | { readonly problem: string } {
  const read = readText(file);
  if (typeof read === "object") return read;
  const plans = parsed(read);
  const problem = isRecord(plans) ? problemOfPlans(plans) : "it is no JSON object";
  if (problem !== null) return { problem };
  const { version, released } = versionOf(file) ?? { version: digestOf(read), released: null };
  const metadata: NumberingMetadata = {
    ...{ plans: plans as unknown as MetadataJson, version, source: "file" },
    released: released ?? writtenOn(file),
  };
  lastRead = { file, metadata };
  return metadata;
}

/**
 * Puts the metadata of a configuration into effect.
 * @param file `numbers.metadata_file`; undefined: what the gateway was built with
 * @returns what it was before and what it is now; null: the same
 * @throws {Error} where the file cannot be used; what was in use stays
 */
export function useConfiguredMetadata(file: string | undefined): { before: string; after: string } | null {
  const before = numberingMetadata();
  const wanted = file === undefined ? builtInMetadata : configured(file);
  if (wanted === before || (wanted.source === "file" && isSame(wanted, before))) return null;
  useNumberingMetadata(wanted);
  return { before: nameOf(before), after: nameOf(wanted) };
}

function configured(file: string): NumberingMetadata {
  if (lastRead?.file === file) return lastRead.metadata;
  const read = readMetadataFile(file);
  if ("problem" in read) throw new Error(`numbers.metadata_file: ${file} cannot be used: ${read.problem}.`);
  return read;
}

function isSame(one: NumberingMetadata, other: NumberingMetadata): boolean {
  return one.source === other.source && JSON.stringify(one.plans) === JSON.stringify(other.plans);
}

/** `libphonenumber 9.0.43 (built_in)` */
function nameOf({ version, source }: NumberingMetadata): string {
  return `libphonenumber ${version} (${source})`;
}

function readText(file: string): string | { readonly problem: string } {
  try {
    const found = statSync(file);
    if (!found.isFile()) return { problem: "it is no file" };
    if (found.size > largestBytes) return { problem: `it has more than ${largestBytes} bytes` };
    return readFileSync(file, "utf8");
  } catch (error) {
    return { problem: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown error"})` };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Archives unpack with a date of the last century, which says nothing. */
const earliestWritten = "2010-01-01";

function writtenOn(file: string): string | null {
  const day = statSync(path.resolve(file), { throwIfNoEntry: false })?.mtime.toISOString().slice(0, 10);
  return day !== undefined && day > earliestWritten ? day : null;
}
