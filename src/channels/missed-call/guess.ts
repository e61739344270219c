/** Reads a check's input from the missed calls: the code's digits, or the whole caller IDs. */
import { Refusal } from "../../shared/refusal.ts";
import { readTyped } from "../../shared/typed-digits.ts";

/** Two calls of eight digits. */
const maxCodeDigits = 16;
/** A whole number has at least this many in every country's plan that has mobiles. */
const minNumberDigits = 7;

/** The input of a code field. */
export interface TypedGuess {
  readonly kind: "code" | "caller_id";
  readonly digits: string;
}

/**
 * Reads the input of a code field: many people type the whole number that called.
 * @param codeLength digits of the code, where it is known: then longer input is a caller ID even without a plus sign
 * @returns the digits and their kind; pass those of a `caller_id` to `codeWithin`
 * @throws {Refusal} `invalid_request` where it can be neither: it is not counted as a check
 */
export function readGuess(text: string, codeLength: number | null = null): TypedGuess {
  const typed = readTyped(text);
  if (!("digits" in typed)) throw notACode(typed.problem);
  const { length } = typed.digits;
  const longest = codeLength === null ? maxCodeDigits : Math.max(codeLength, minNumberDigits - 1);
  if (typed.plus || length > longest) return { kind: "caller_id", digits: readCallerId(text) };
  return { kind: "code", digits: readCode(text) };
}

/**
 * A code as typed, without what people type between digits.
 * @throws {Refusal} `invalid_request` where it is not 2 to 16 digits: that can never be right, so it is not
 *   counted as a check. It reveals nothing about the code, whose length was in the answer to the start.
 */
export function readCode(text: string): string {
  const typed = readTyped(text);
  if (!("digits" in typed)) throw notACode(typed.problem);
  if (typed.plus) throw notACode("contains a plus sign (give a whole number as `caller_id`)");
  const { length } = typed.digits;
  if (length < 2 || length > maxCodeDigits) throw notACode(`has ${count(length)}`);
  return typed.digits;
}

/** A caller ID as a phone shows it, in digits only. @throws {Refusal} `invalid_request` where it is not a number */
export function readCallerId(text: string): string {
  const typed = readTyped(text);
  if (!("digits" in typed)) throw notACallerId(typed.problem);
  const { length } = typed.digits;
  if (length < 3 || length > 20) throw notACallerId(`has ${count(length)}`);
  return typed.digits;
}

/**
 * The code within a caller ID, or null where the number cannot be one of ours.
 *
 * Phones show the same number as +44 7700 900123, 0044 7700 900123, 07700 900123 or (Russia) 8 495 …: what precedes the
 * code is compared from its end, and three digits must agree. This only excludes other callers; whether the
 * code is right is decided by the code alone.
 * @param digits from `readCallerId`
 * @param prefix what all caller IDs of the range start with, E.164 with the plus sign
 */
export function codeWithin(digits: string, prefix: string, codeLength: number): string | null {
  if (digits.length < codeLength) return null;
  const head = digits.slice(0, digits.length - codeLength).replace(/^0+/, "");
  const expected = prefix.replace(/^\+/, "");
  const enough = Math.min(3, head.length, expected.length);
  return commonSuffixLength(head, expected) >= enough ? digits.slice(-codeLength) : null;
}

/**
 * The code of several calls, in their order, or null where one of the numbers cannot be ours.
 * @param callerIds as phones show them, one for each call
 * @param codeLength digits of all calls together
 * @param digits how many follow the prefix in each caller ID; the last ones of them are the code
 * @throws {Refusal} `invalid_request` where one is not a number
 */
export function codeOf(
  callerIds: readonly string[],
  prefix: string,
  codeLength: number,
  digits: number = codeLength / callerIds.length,
): string | null {
  const codeDigits = codeLength / callerIds.length;
  const parts = callerIds.map((text) => codeWithin(readCallerId(text), prefix, digits)?.slice(-codeDigits) ?? null);
  return parts.includes(null) ? null : parts.join("");
}

function notACode(problem: string): Refusal {
  return new Refusal(
    "invalid_request",
    `\`code\` ${problem}; it must be digits: those of the message, or the last ones of the number that called. This check was not counted.`,
  );
}

function notACallerId(problem: string): Refusal {
  return new Refusal(
    "invalid_request",
    `\`caller_id\` ${problem}; it must be the number that called, as the phone shows it. This check was not counted.`,
  );
}

function count(digits: number): string {
  return digits === 1 ? "1 digit" : `${digits} digits`;
}

function commonSuffixLength(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}
