/** How hard a code is to guess. */

/**
 * Probability that somebody who uses up all wrong checks of one callee guesses one code: wrong checks ÷ size of the
 * group of caller IDs that share the prefix.
 *
 * Why the whole group counts, although a callee never gets a caller ID that rests for it: the one who guesses knows the
 * prefix (the app is told) but not which caller IDs rest for this callee. Seen without that knowledge, each draw is
 * uniform over the group, because the earlier draws, which decide what rests, were uniform and independent of the
 * guesses. So each single guess is right with probability 1/size, whether codes change between guesses or not, and by
 * the union bound w guesses with w/size at most (exactly that for w different guesses at one code). What would break
 * this is a group so exhausted that little is left; verification refuses a callee (capacity) for whom fewer than half
 * of a group are left.
 *
 * @param wrongChecksPerCallee guesses in the counting window, over all verifications of one callee
 * @param size caller IDs in the group
 * @returns 0 to 1
 */
export function guessProbability(wrongChecksPerCallee: number, size: number): number {
  return size <= 0 ? 1 : Math.min(1, wrongChecksPerCallee / size);
}

/** What `describeEntropy` is about: one trunk's group of caller IDs that share a prefix. */
export interface Group {
  readonly prefix: string;
  readonly size: number;
}

/** The group that is guessed most easily; null where there is none. */
export function smallestGroup(sizes: ReadonlyMap<string, number>): Group | null {
  let smallest: Group | null = null;
  for (const [prefix, size] of sizes) if (smallest === null || size < smallest.size) smallest = { prefix, size };
  return smallest;
}

/**
 * One sentence for a log, the doctor or an error: size, bits (log2 of the size; OWASP ASVS 5.0, 6.5.4 counts entropy so,
 * and the digits typed say nothing) and what the wrong checks make of it.
 */
export function describeEntropy({ prefix, size }: Group, wrongChecksPerCallee: number): string {
  const bits = size > 0 ? Math.log2(size).toFixed(1) : "0.0";
  const probability = percent(guessProbability(wrongChecksPerCallee, size));
  const ids = `${size.toLocaleString("en")} caller IDs start with ${prefix} (${bits} bits)`;
  return `${ids}: ${wrongChecksPerCallee} wrong checks find a code with probability ${probability}`;
}

/** What would bring the group under the limit: how many caller IDs, or how few wrong checks. */
export function whatWouldHelp({ size }: Group, wrongChecksPerCallee: number, maxGuessProbability: number): string {
  // 10/0.001 is 10000 but 3/0.0003 is 10000.000000000002: do not ask for one more because of that.
  const needed = Math.ceil(Number((wrongChecksPerCallee / maxGuessProbability).toPrecision(12)));
  const affordable = Math.floor(Number((size * maxGuessProbability).toPrecision(12)));
  const larger = `ranges with at least ${needed.toLocaleString("en")} caller IDs for each prefix`;
  return affordable < 1 ? larger : `${larger}, or a cap of at most ${affordable} wrong checks`;
}

function percent(probability: number): string {
  return `${Number((probability * 100).toPrecision(3))} %`;
}
