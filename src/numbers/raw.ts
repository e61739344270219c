/** Looks at a number as it was typed, before any library sees it. */
import type { RefusalCode } from "../shared/refusal.ts";

/** 15 digits (ITU-T E.164, 6.2.1), prefixes to dial abroad or choose a carrier, and punctuation around them. */
const longestInput = 40;

/** Perhaps an opening bracket, perhaps one plus sign, then ASCII digits with the punctuation that people write. */
const phoneLike = /^[ (]*\+?[0-9 ().\-/]*$/;

export interface RawRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
}

/**
 * The digits of a number, with the plus sign where it has one.
 *
 * libphonenumber picks numbers out of any text: it takes letters as keypad digits, Arabic digits, `;ext=5` and a second
 * number after a comma. Nothing of that is what a person proves to hold, and what is signalled must be what was asked.
 * @returns the digits, or why they cannot be read; the reason quotes nothing of the input
 */
export function readRaw(input: string): { readonly digits: string } | { readonly refusal: RawRefusal } {
  if (input.length > longestInput) {
    return { refusal: { code: "number_too_long", detail: `a number has at most ${longestInput} characters` } };
  }
  if (!phoneLike.test(input)) return { refusal: { code: "number_invalid", detail: whatIsWrong(input) } };
  const digits = input.replace(/[^0-9]/g, "");
  if (digits === "") return { refusal: { code: "number_invalid", detail: "the number holds no digits" } };
  return { digits: input.includes("+") ? `+${digits}` : digits };
}

function whatIsWrong(input: string): string {
  const only = "digits 0-9, a plus sign in front, spaces, dots, hyphens, slashes and brackets are read";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(input)) return `the number holds control characters; ${only}`;
  if (/[a-z]/i.test(input)) return `the number holds letters (extensions are not called either); ${only}`;
  if (/[^ -~]/.test(input)) return `the number holds characters outside ASCII; ${only}`;
  if (/[^0-9 ().\-/+]/.test(input)) return `the number holds characters that do not belong in one; ${only}`;
  return `the number holds a plus sign or bracket that is out of place; ${only}`;
}
