/** What libphonenumber's own unit tests ask, and what they expect: recorded by record.ts. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { GoogleMetadata } from "./convert.ts";

export interface RecordedNumber {
  readonly e164: string;
  readonly extension?: string;
}

export type Recorded = string | number | boolean | null | RecordedNumber | readonly Recorded[];

/** One call of the library. */
export interface Case {
  /** The name of the test, as in libphonenumber's source. */
  readonly test: string;
  /** The method of PhoneNumberUtil. */
  readonly call: string;
  readonly given: readonly Recorded[];
  readonly result?: Recorded;
  /** The message of what was thrown in place of a result. */
  readonly error?: string;
}

export const recordedFolder = path.join(import.meta.dirname, "libphonenumber-8.12.57");
export const casesPath = path.join(recordedFolder, "cases.ndjson");
/** In Google's layout; see convert.ts. */
export const metadataPath = path.join(recordedFolder, "metadata.ndjson");

export function readTestMetadata(): GoogleMetadata {
  return JSON.parse(readFileSync(metadataPath, "utf8")) as GoogleMetadata;
}

export function readCases(): readonly Case[] {
  return readFileSync(casesPath, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Case);
}
