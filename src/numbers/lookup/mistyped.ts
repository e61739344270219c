/** Texts of numbers that cannot be read, as they may have been meant. */
import { canonicalTag } from "../../shared/locale.ts";
import { maxTypedLength } from "../../shared/typed-digits.ts";
import { withoutCallingCode } from "../calling-codes.ts";

/** Letters that look like a digit, or stand for one on a keyboard's neighbouring key: Latin, Cyrillic and Greek. */
const lookAlikes: Readonly<Record<string, string>> = {
  ...{ O: "0", o: "0", О: "0", о: "0", Ο: "0", ο: "0" },
  ...{ l: "1", I: "1", i: "1", "|": "1", І: "1", і: "1", Ι: "1", ı: "1" },
  ...{ Z: "2", z: "2", З: "3", з: "3", S: "5", s: "5", Ѕ: "5", ѕ: "5" },
  ...{ b: "6", б: "6", B: "8", В: "8", Β: "8", g: "9", q: "9" },
};
/** More letters than this are a word. */
const maxLetters = 6;
const leastDigits = 5;

/** With digits for the letters that look like one; null: there are none, or others too. */
export function letterDigits(input: string): string | null {
  if (input.length > maxTypedLength) return null;
  let letters = 0;
  const text = input.replace(/[\p{L}|]/gu, (letter) => {
    letters++;
    return lookAlikes[letter] ?? letter;
  });
  const isMostlyDigits = (input.match(/\p{Nd}/gu)?.length ?? 0) >= leastDigits;
  return letters > 0 && letters <= maxLetters && isMostlyDigits && !/\p{L}/u.test(text) ? text : null;
}

/** Without the words in front of the number or behind it; null: there are none. */
export function onlyNumber(input: string): string | null {
  if (input.length > maxTypedLength) return null;
  const [number = ""] = /\(?\+?\p{Nd}.*\p{Nd}/su.exec(input) ?? [];
  return number === "" || number === input ? null : number;
}

/** From its second plus sign on, where only a calling code is before it; else null. */
export function secondPlus(input: string): string | null {
  if (input.length > maxTypedLength) return null;
  const at = input.lastIndexOf("+");
  const before = input.slice(0, Math.max(0, at)).replace(/\D/g, "").replace(/^00/, "");
  return withoutCallingCode(before) === "" ? input.slice(at) : null;
}

/** With its plus sign in front, which is behind it where it was copied out of a line that is written from right to left. */
export function plusBehind(input: string): string | null {
  const [, digits] = input.length > maxTypedLength ? [] : (/^([^+]*\d[^+]*)\+\s*$/.exec(input) ?? []);
  return digits === undefined ? null : `+${digits.trim()}`;
}

const maxRegions = 3;

/** The regions that languages name: `GB` of `en-GB`; a language alone names none. */
export function regionsOf(languages: readonly string[]): readonly string[] {
  const regions = new Set<string>();
  for (const language of languages.slice(0, 20)) {
    const tag = canonicalTag(language);
    const region = tag === null ? undefined : new Intl.Locale(tag).region;
    if (region !== undefined && /^[A-Z]{2}$/.test(region)) regions.add(region);
    if (regions.size === maxRegions) break;
  }
  return [...regions];
}
