/** Calling codes (ITU-T E.164, annex): none of them is the beginning of another. */
import { Metadata } from "./library.ts";

/** What the library's class has, beyond its type declarations. */
interface Codes {
  hasCallingCode(callingCode: string): boolean;
}

const maxCodeDigits = 3;

/** How many of the first digits are a calling code; null: none. */
function codeDigits(digits: string): number | null {
  const metadata = new Metadata() as unknown as Codes;
  for (let length = 1; length <= maxCodeDigits; length++) {
    if (metadata.hasCallingCode(digits.slice(0, length))) return length;
  }
  return null;
}

/** Whether these digits begin with a calling code. */
export function isCallingCode(digits: string): boolean {
  return codeDigits(digits) !== null;
}

/** What follows the calling code; null: they do not begin with one. */
export function withoutCallingCode(digits: string): string | null {
  const length = codeDigits(digits);
  return length === null ? null : digits.slice(length);
}
