/** What apps may do with lists, and what cleans them. */
import type { CleaningSummary } from "../cleaning/ports.ts";
import type { ResultFile, Scrub, ScrubFound, ScrubOptions } from "./types.ts";

export interface Scrubs {
  /** Begins an upload. @throws {Refusal} `rate_limited` where the app has as many as may be */
  create(app: string, name: string, options: ScrubOptions): Promise<Scrub>;
  /**
   * Adds a piece to an upload.
   * @param offset where it belongs: the bytes that were received before
   * @throws {Refusal} `conflict` where that is another, `invalid_request` above `max_bytes`
   */
  append(app: string, id: string, offset: number, piece: Buffer): Promise<Scrub | null>;
  /** Ends the upload: it waits for its turn. Again: no change. @throws {Refusal} `invalid_request` where it is empty */
  start(app: string, id: string): Promise<Scrub | null>;
  /** Null: the app has none of this id. */
  find(app: string, id: string): Scrub | null;
  /** The newest first. */
  list(app: string): readonly Scrub[];
  /** Stops it where it runs, and removes all of it. @returns whether it was there */
  remove(app: string, id: string): Promise<boolean>;
  /** The file and its size; null: there is none yet. */
  result(app: string, id: string, file: ResultFile): Promise<{ readonly path: string; readonly bytes: number } | null>;
}

export interface ListRunner {
  /**
   * One run over a list. It may be ended at any time; the next run over the same folder goes on.
   * @returns null where the signal ended it
   * @throws {ListProblem} where the list cannot be cleaned as it is
   */
  run(options: {
    /** The uploaded file, and the folder for results. */
    readonly file: string;
    readonly folder: string;
    readonly options: ScrubOptions;
    readonly signal: AbortSignal;
    readonly onFound: (found: ScrubFound) => void;
    readonly onProgress: (progress: Scrub["progress"]) => void;
  }): Promise<CleaningSummary | null>;
}

/** What the sender of the list can correct; the message says how. */
export class ListProblem extends Error {
  override readonly name = "ListProblem";
}
