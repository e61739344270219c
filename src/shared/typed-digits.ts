/**
 * The one reader of digits that people type or paste: phone numbers, codes, caller IDs.
 *
 * Contact lists and call logs insert invisible characters: direction marks, no-break spaces, soft hyphens, the hyphens and
 * digits of another script. Those are read. Letters and other signs are refused, never skipped: what is dialled and
 * compared must be what was typed.
 */

/** In UTF-16 units. E.164 has 15 digits (ITU-T E.164, 6.2.1); prefixes, punctuation and marks surround them. */
export const maxTypedLength = 64;
/** More than any number with its exit and carrier prefixes. */
const maxDigits = 40;

export interface TypedDigits {
  /** ASCII digits, at least one. */
  readonly digits: string;
  /** Whether it has a leading plus sign. */
  readonly plus: boolean;
}

export interface UnreadableDigits {
  readonly fault: "empty" | "too_long" | "wrong_character" | "wrong_place";
  /** What is wrong, to follow a noun: `contains letters`. Quotes nothing of the input. */
  readonly problem: string;
}

/** As nearly all codes are typed, and numbers where they come from a program. */
const onlyDigits = /^[0-9]{1,40}$/;
/** Perhaps opening brackets, perhaps one plus sign, then digits with the punctuation that people write. */
const shape = /^[ (]*\+?[0-9 ().\-/]*$/;
/** Cf, of which those with a glyph of their own (Arabic number sign) are not invisible. */
const invisible = /(?=\p{Default_Ignorable_Code_Point})\p{Cf}/gu;
/** Also the minus sign, and the prolonged sound mark that Japanese input methods write for a hyphen (０９０ー１２３４). */
const dashes = /[\p{Pd}\u2212\u30fc\uff70]/gu;
/** Spaces, tabs, and the line breaks of UTS #18, 1.6. */
const ends = /^[\p{Zs}\t\n-\r\x85\u2028\u2029]+|[\p{Zs}\t\n-\r\x85\u2028\u2029]+$/gu;
const lineBreak = /[\n-\r\x85\u2028\u2029]/u;
/** `(0)` after the calling code: the trunk prefix that is dialled at home only (ITU-T E.123 advises against it). */
const bracketedZero = /^([ (]*(?:\+|0[^0-9]*0)[^0-9]*(?:[0-9][^0-9]*?){1,3})\( *0 *\)/;

/**
 * Reads digits of any script (Unicode Nd), an optional plus sign in front, and drops spaces (Zs, tab), dashes (Pd,
 * minus sign), dots, slashes, brackets, invisible format characters, and a bracketed `(0)` after the calling code.
 * Line breaks are trimmed at the ends and refused inside.
 */
export function readTyped(text: string): TypedDigits | UnreadableDigits {
  if (onlyDigits.test(text)) return { digits: text, plus: false };
  if (text.length > maxTypedLength) return tooLong(`has more than ${maxTypedLength} characters`);
  let plain = text;
  if (!shape.test(plain)) {
    plain = toAscii(text);
    if (!shape.test(plain)) return whatIsWrong(plain);
  }
  const digits = (plain.includes("(") ? plain.replace(bracketedZero, "$1") : plain).replace(/[^0-9]/g, "");
  if (digits === "") return { fault: "empty", problem: "contains no digits" };
  if (digits.length > maxDigits) return tooLong(`has more than ${maxDigits} digits`);
  return { digits, plus: plain.includes("+") };
}

function toAscii(text: string): string {
  return text
    .replace(invisible, "")
    .replace(ends, "")
    .replace(/\p{Nd}/gu, (digit) => String(decimalValue(digit)))
    .replace(/[\p{Zs}\t]/gu, " ")
    .replace(dashes, "-")
    .replace(/[\uff08\uff09\uff0b\uff0e\uff0f]/g, (fullWidth) => String.fromCharCode(fullWidth.charCodeAt(0) - 0xfee0));
}

/** Nd characters form ascending runs of ten (Unicode Standard 4.6); several runs may touch. */
function decimalValue(digit: string): number {
  let codePoint = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (/\p{Nd}/u.test(String.fromCodePoint(codePoint - 1))) {
    codePoint--;
    before++;
  }
  return before % 10;
}

function tooLong(problem: string): UnreadableDigits {
  return { fault: "too_long", problem };
}

function whatIsWrong(plain: string): UnreadableDigits {
  const wrong = (problem: string): UnreadableDigits => ({ fault: "wrong_character", problem });
  if (lineBreak.test(plain)) return wrong("contains a line break");
  if (/\p{Cc}/u.test(plain)) return wrong("contains control characters");
  if (/\p{L}/u.test(plain)) return wrong("contains letters");
  if (/[^0-9 ().\-/+]/.test(plain)) {
    return wrong("contains characters other than digits, spaces, dots, hyphens, slashes and brackets");
  }
  return { fault: "wrong_place", problem: "contains a plus sign that is not at its beginning" };
}
