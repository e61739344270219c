/** Reads what a person or an app took from the missed calls: the code's digits, or the whole caller IDs. */
import { Refusal } from "../../shared/refusal.ts";

/** What phones put between digits: spaces (also the no-break ones), hyphens, dots, slashes, brackets. */
const separators = /[\s\u00a0\u202f\-./()]/g;
/** Longer than any number a phone shows: E.164's 15 digits and a carrier's prefix. */
const mostCharacters = 40;

/**
 * A code as typed, without what people type between digits.
 * @throws {Refusal} `invalid_request` where it is no 2 to 16 digits (two calls of 8): such a text can never be right, so it is no check
 *   and costs none. That says nothing about the code: its length was told to the app at the start.
 */
export function readCode(text: string): string {
  const digits = stripped(text);
  if (!/^\d{2,16}$/.test(digits)) throw new Refusal("invalid_request", "code must be the last digits of the caller ID");
  return digits;
}

/** A caller ID as a phone shows it, in digits only. @throws {Refusal} `invalid_request` where it is no number. */
export function readCallerId(text: string): string {
  const digits = stripped(text).replace(/^\+/, "");
  if (!/^\d{3,20}$/.test(digits)) {
    throw new Refusal("invalid_request", "caller_id must be the number that the phone shows as the missed call");
  }
  return digits;
}

/**
 * The code within a caller ID, or null where the number cannot be one of ours.
 *
 * Phones show the same number as +44 7700 900123, 0044 7700 900123, 07700 900123 or (Russia) 8 495 …: what stands
 * before the code is compared from its end, and three digits must agree. This only sorts out calls of other people;
 * whether the code is right is decided by the code alone.
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
 * @throws {Refusal} `invalid_request` where one is no number
 */
export function codeOf(callerIds: readonly string[], prefix: string, codeLength: number): string | null {
  const parts = callerIds.map((text) => codeWithin(readCallerId(text), prefix, codeLength / callerIds.length));
  return parts.includes(null) ? null : parts.join("");
}

function stripped(text: string): string {
  return text.length > mostCharacters ? "" : text.replace(separators, "");
}

function commonSuffixLength(a: string, b: string): number {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length++;
  return length;
}
