/** A list that an app has cleaned over the API. */
import { type FileFormat, fileFormats } from "../cleaning/files/formats.ts";
import { resultNames } from "../cleaning/files/result-names.ts";
import type { CleaningSummary } from "../cleaning/ports.ts";

/** `uploading` → `queued` → `running` → `finished` | `failed`. One that is deleted is gone. */
export const scrubStates = ["uploading", "queued", "running", "finished", "failed"] as const;
export type ScrubState = (typeof scrubStates)[number];

/** Those of the command. */
export const scrubFormats = fileFormats;

/** What finished lists have. */
export const resultFiles = resultNames;
export type ResultFile = (typeof resultFiles)[number];

/** What may be said of a list; null: it is guessed, and `found` says what was. */
export interface ScrubOptions {
  /** Name of the column with the numbers, or its place from 1. */
  readonly column: string | null;
  /** ISO 3166 country of numbers in national format. */
  readonly country: string | null;
  readonly format: FileFormat | null;
  readonly header: boolean | null;
  readonly keepLandlines: boolean;
}

/** What a list is read as. A share is that of the sample's rows which fit a guess; null: nothing was guessed. */
export interface ScrubFound {
  readonly format: string;
  readonly header: boolean;
  readonly column: { readonly name: string; readonly guessedShare: number | null };
  readonly country: { readonly country: string | null; readonly guessedShare: number | null };
}

/** Plain data; as it is kept beside the list. */
export interface Scrub {
  readonly id: string;
  readonly app: string;
  /** As the app calls it. */
  readonly name: string;
  readonly state: ScrubState;
  readonly options: ScrubOptions;
  /** Received so far. */
  readonly bytes: number;
  readonly createdAtMs: number;
  readonly endedAtMs: number | null;
  /** When it is removed; null while it waits or runs. */
  readonly expiresAtMs: number | null;
  readonly found: ScrubFound | null;
  /** Done so far; `share` of the whole list from 0 to 1, null where its size is not known. */
  readonly progress: { readonly rows: number; readonly share: number | null };
  readonly summary: CleaningSummary | null;
  /** Why it failed: what to change. */
  readonly problem: string | null;
  /** Whether its end was published. */
  readonly published: boolean;
}
