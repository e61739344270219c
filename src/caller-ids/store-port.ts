/** The port from caller-ID reputation to the store where all gateways keep their counts (src/redis/reputation-store.ts). */

/** One caller ID as the store sees it. */
export interface CallerIdRef {
  /** Name of its range. */
  readonly range: string;
  /** From `Hashes.presented`: never the number. */
  readonly hash: string;
}

/** The evidence of a call about its caller ID: see `evidenceOf`. */
export type Evidence = "rang" | "silent" | "flagged";

/** An event of a caller ID. */
export type Note =
  /** A call was placed from it. */
  | (CallerIdRef & { readonly what: "attempt" })
  /** A call from it over this trunk ended. */
  | (CallerIdRef & {
      readonly what: Evidence;
      readonly trunk: string;
      /** Keyed hash of the callee prefix. */
      readonly prefix: string;
      readonly app: string;
      /** How many caller IDs the range has. */
      readonly rangeSize: number;
    });

/** Why a caller ID is in cool-down: networks refused it as unwanted, or its calls stopped ringing. */
export type CooldownReason = "flagged" | "silent";

/** A caller ID of this range went into cool-down, after a call on this trunk. */
export interface CooldownBegun {
  readonly range: string;
  readonly trunk: string;
  readonly reason: CooldownReason;
}

export interface Look {
  /** For each candidate, whether it may be shown: at no cap, not in cool-down. */
  readonly fit: readonly boolean[];
  /** For each range, how many of its caller IDs may not be shown now. */
  readonly unavailable: readonly number[];
}

/** The hashes of those of a range that may not be shown; null: too many to list. */
export type UnavailableHashes = readonly string[] | null;

/** How many caller IDs of a range are unavailable now. */
export interface RangeStatus {
  readonly range: string;
  /** At a cap or in cool-down. */
  readonly unavailable: number;
  /** In cool-down. */
  readonly coolingDown: number;
}

/** Every method is one atomic step, by the store's own clock, and throws `Refusal("store_unavailable")` where the store did not answer. */
export interface ReputationStore {
  /** @param candidates of these ranges */
  look(
    ranges: readonly string[],
    candidates: readonly CallerIdRef[],
  ): Promise<Look & { readonly listed: readonly UnavailableHashes[] }>;
  /** @returns the caller IDs that went into cool-down */
  note(notes: readonly Note[]): Promise<readonly CooldownBegun[]>;
  status(ranges: readonly string[]): Promise<readonly RangeStatus[]>;
}
