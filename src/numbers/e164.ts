/**
 * The one rule for a complete number in E.164, as the gateway writes it everywhere: a plus sign and the digits.
 *
 * ITU-T E.164 (11/2010) §6: at most 15 digits, the country code first, and no country code begins with 0. It sets no
 * minimum; 7 digits is ours: the shortest mobile numbers, of small islands. Of the few shorter numbers that plans assign
 * (landlines in Vienna, pagers) none may be called, and an extension such as 442012 must never pass for a number.
 */
export const maxE164Digits = 15;
export const minE164Digits = 7;

/** As a pattern for schemas. */
export const e164Pattern = `^\\+[1-9]\\d{${minE164Digits - 1},${maxE164Digits - 1}}$`;

/** What `e164Pattern` means, in words. */
export const e164InWords = `a number in E.164: a plus sign and ${minE164Digits} to ${maxE164Digits} digits, for instance +447700900123`;

// Without the flag m `$` matches at the very end only: no line break passes.
const whole = new RegExp(e164Pattern);

/** Whether this is a complete number in E.164. Whether its range is in use is for `createNumbers`. */
export function isE164(text: unknown): text is string {
  return typeof text === "string" && whole.test(text);
}

/**
 * A pattern for the first digits of numbers in E.164, with the plus sign.
 * @param minDigits 0: the plus sign alone, which every number starts with, matches too
 */
export function e164PrefixPattern(minDigits: number, maxDigits: number): string {
  const digits = `[1-9]\\d{${Math.max(0, minDigits - 1)},${maxDigits - 1}}`;
  return minDigits === 0 ? `^\\+(${digits})?$` : `^\\+${digits}$`;
}
