/** The configured caller IDs, as verification sees them. */

/** One caller ID that may be leased. Secret: it is the code. */
export interface CallerId {
  /** E.164 with the plus sign. */
  readonly number: string;
  /** Name of its range. */
  readonly range: string;
  /** What all caller IDs of its range start with; the app may know it. */
  readonly prefix: string;
  /** The last digits: what the person types. */
  readonly code: string;
}

export interface CallerIdPool {
  /**
   * Draws distinct caller IDs: a uniformly random ordered sample of all numbers of the given ranges.
   * Taking the first that this callee may receive is therefore a uniform choice among those it may receive.
   * @param ranges names of ranges
   * @param codeLength only ranges whose codes have this length; null: any
   * @param count how many; all of them, where there are fewer
   */
  draw(ranges: readonly string[], codeLength: number | null, count: number): readonly CallerId[];
  /**
   * Draws for codes of two calls: ordered pairs of two different caller IDs with the same prefix, each pair drawn anew.
   * The first is uniformly random over all numbers of the given ranges, the second over the others with its prefix.
   * Taking the first pair of which the callee may receive both is therefore a uniform choice among those of its prefix.
   * @param codeLength digits of each of the two
   */
  drawPairs(ranges: readonly string[], codeLength: number | null, count: number): readonly (readonly CallerId[])[];
  /**
   * Draws distinct caller IDs that end with these digits, otherwise like `draw`.
   * @param ending shorter than or as long as the digits after the prefix of the ranges that are used
   */
  drawEnding(ranges: readonly string[], ending: string, count: number): readonly CallerId[];
  /** The lengths of the codes that these ranges show with one call, the shortest first. */
  lengths(ranges: readonly string[]): readonly number[];
  /**
   * How many caller IDs share each prefix that `draw` could give. The app knows the prefix, so the smallest of
   * these decides how hard a code is to guess.
   */
  sizes(ranges: readonly string[], codeLength: number | null): ReadonlyMap<string, number>;
}
