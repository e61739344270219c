/** How well one guess does where several codes are open at once: the rule of `length_over_odds` (redis/lua/includes/codes.lua). */

/** One code that may be open. */
export interface OpenCode {
  readonly channel: string;
  /** Digits. */
  readonly length: number;
  /** The probability that one guess is right. */
  readonly odds: number;
}

/** The sum is of rounded numbers. */
const rounding = 1 + 1e-9;

/**
 * The codes of one length that together are guessed too easily, worst first; null: none are.
 * @param open every code that can be open at the same time
 * @param wrongChecks guesses within the counting window
 * @param most `verification.max_guess_probability`
 */
export function tooEasyTogether(
  open: readonly OpenCode[],
  wrongChecks: number,
  most: number,
): { readonly codes: readonly OpenCode[]; readonly probability: number } | null {
  const sums = [...new Set(open.map(({ length }) => length))].map((length) => {
    const codes = open.filter((code) => code.length === length);
    return { codes, probability: wrongChecks * codes.reduce((sum, { odds }) => sum + odds, 0) };
  });
  const [worst] = sums.sort((a, b) => b.probability - a.probability);
  return worst !== undefined && worst.probability > most * rounding ? worst : null;
}
