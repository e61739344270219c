/** Reads a number as it was typed, before libphonenumber sees it. */
import { readTyped } from "../shared/typed-digits.ts";
import type { NumberRefusal } from "./types.ts";

/** Nothing between the digits: as numbers come from programs, and in most lists. */
const plain = /^\+?[0-9]{1,40}$/;
/** `44 (0)7400 123456`: the notation of `+44 (0)…` where the plus sign is left out. */
const bracketedZero = /^[ (]*[1-9][0-9 ]{0,4}[ ).-]*\( *0 *\)/;

/** `readTyped` knows the notation behind a plus sign only: without one it reads codes too. */
function withoutBracketedZero(input: string, digits: string): string {
  const typed = readTyped(`+${input}`);
  return "digits" in typed ? typed.digits : digits;
}

/**
 * The digits of a number, with the plus sign where it has one.
 *
 * libphonenumber finds numbers in any string: it reads letters as keypad digits, `;ext=5`, and a second number after a
 * comma. None of that may be verified: the signalled number must be the requested one.
 * @returns the digits, or why they cannot be read; the reason quotes nothing of the input
 */
export function readRaw(input: string): { readonly digits: string } | { readonly refusal: NumberRefusal } {
  if (plain.test(input)) return { digits: input };
  const typed = readTyped(input);
  if ("digits" in typed) {
    if (typed.plus) return { digits: `+${typed.digits}` };
    return {
      digits:
        input.includes("(") && bracketedZero.test(input) ? withoutBracketedZero(input, typed.digits) : typed.digits,
    };
  }
  if (typed.fault === "too_long") {
    return { refusal: { code: "number_too_long", detail: `The number ${typed.problem}.`, cause: "too_long" } };
  }
  const detail = `The number ${typed.problem}; write digits only, with a plus sign in front for international format.`;
  return { refusal: { code: "number_invalid", detail, cause: "not_a_number" } };
}
