/** How hard a code is to guess. */

/** How many codes a group of caller IDs makes: one call shows one of them, two calls an ordered pair of different ones. */
export function codesOf(size: number, calls: number): number {
  return calls === 1 ? size : size * (size - 1);
}

/**
 * Probability that an attacker who uses up all wrong checks of one callee guesses one code: wrong checks ÷ codes that the
 * group of caller IDs that share the prefix makes (`codesOf`).
 *
 * Why the whole group counts, although a callee never gets a caller ID in cool-down for it: the attacker knows the prefix
 * (the app receives it) but not which caller IDs are in cool-down for this callee. Without that knowledge each draw is
 * uniform over the group, because the earlier draws, which decide the cool-downs, were uniform and independent of the
 * guesses. So each single guess is right with probability 1/codes, whether codes change between guesses or not, and by
 * the union bound w guesses with w/codes at most (exactly that for w different guesses at one code). This fails
 * for a nearly exhausted group; verification refuses a callee (capacity) for whom fewer than half
 * of a group are left.
 *
 * @param wrongChecksPerCallee guesses in the counting window, over all verifications of one callee
 * @param codes that may come, all equally likely
 * @returns 0 to 1
 */
export function guessProbability(wrongChecksPerCallee: number, codes: number): number {
  return codes <= 0 ? 1 : Math.min(1, wrongChecksPerCallee / codes);
}

/** The input of `describeEntropy`: one trunk's group of caller IDs that share a prefix. */
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
 * One sentence for a log, the doctor or an error: size, bits (log2 of the number of codes; OWASP ASVS 5.0, 6.5.4 counts
 * entropy this way, the number of typed digits is irrelevant) and the resulting probability of a guess.
 * @param calls for one code: 1 or 2
 */
export function describeEntropy({ prefix, size }: Group, wrongChecksPerCallee: number, calls: number): string {
  const codes = codesOf(size, calls);
  const bits = codes > 0 ? Math.log2(codes).toFixed(1) : "0.0";
  const probability = percent(guessProbability(wrongChecksPerCallee, codes));
  const ids = `${size.toLocaleString("en")} caller IDs start with ${prefix}`;
  const entropy = calls === 1 ? `${bits} bits` : `${bits} bits with two calls`;
  return `${ids} (${entropy}): ${wrongChecksPerCallee} wrong checks find a code with probability ${probability}`;
}

/** What would bring the group within the limit: how many caller IDs, how few wrong checks, or codes of two calls. */
export function whatWouldHelp(
  { size }: Group,
  wrongChecksPerCallee: number,
  maxGuessProbability: number,
  calls: number,
): string {
  // 10/0.001 is 10000 but 3/0.0003 is 10000.000000000002: do not require one more because of that.
  const codes = Math.ceil(Number((wrongChecksPerCallee / maxGuessProbability).toPrecision(12)));
  // With two calls, the least n with n(n − 1) ≥ codes.
  const needed = calls === 1 ? codes : Math.ceil((1 + Math.sqrt(1 + 4 * codes)) / 2);
  const affordable = Math.floor(Number((codesOf(size, calls) * maxGuessProbability).toPrecision(12)));
  const help = [`ranges with at least ${needed.toLocaleString("en")} caller IDs for each prefix`];
  if (affordable >= 1) help.push(`a cap of at most ${affordable} wrong checks`);
  const twoCallsDo = guessProbability(wrongChecksPerCallee, codesOf(size, 2)) <= maxGuessProbability;
  if (calls === 1 && twoCallsDo) help.push("codes of two calls (calls: 2, for all by verification.min_calls: 2)");
  return help.join(", or ");
}

function percent(probability: number): string {
  return `${Number((probability * 100).toPrecision(3))} %`;
}
