/** The start of a callee's number by which failures, shares and budgets are separated. */

/** An exchange of the North American plan (country code, area code, exchange); elsewhere a block of an operator. */
const mostDigits = 7;
/** At least this many digits are left out, so that a short number is not disclosed. */
const leastHidden = 4;

/**
 * @param e164 with the plus sign
 * @returns the plus sign and up to 7 digits, for instance `+4474001`
 */
export function calleePrefix(e164: string): string {
  const digits = Math.max(1, Math.min(mostDigits, e164.length - 1 - leastHidden));
  return e164.slice(0, 1 + digits);
}
