/** What may arrive where a number is expected: numbers that were damaged, other text, and what was never meant to be read. */
import { type CountryCode, getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import type { Chance } from "./dice.ts";

export interface NumberText {
  readonly number: string;
  readonly country?: string;
}

const countries = getCountries();
const numbers = countries.flatMap((country) => {
  const example = getExampleNumber(country, examples);
  return example === undefined
    ? []
    : [
        {
          country,
          e164: example.number,
          national: example.formatNational(),
          international: example.formatInternational(),
        },
      ];
});

/** First code points of digits of other scripts (Unicode Nd). */
const zeros = [0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xe50, 0xff10, 0x1d7ce, 0x1fbf0];
const separators = [
  " ",
  "-",
  ".",
  "/",
  "(",
  ")",
  "\t",
  "\u00a0",
  "\u2007",
  "\u2010",
  "\u2013",
  "\u2212",
  "\u30fc",
  "\uff0d",
];
const invisible = ["\u200b", "\u200e", "\u202a", "\u202c", "\u2060", "\u00ad", "\ufeff", "\u061c", "\u{e0001}"];
const hostile = [
  "\0",
  "\u0007",
  "\u001b[31m",
  "\r\n",
  "\u2028",
  "\ud800",
  "\udfff",
  "\u0301",
  "\ufffd",
  "+",
  ";ext=5",
  ",",
  "*",
  "#",
  "~",
  "tel:",
  "=cmd|",
  "'",
  '"',
  "\\",
  "{",
  "$(x)",
  "x",
  "O",
  "l",
];
const shareOfCountries = 0.6;

/** @param longest in UTF-16 units, for texts that are long on purpose */
export function numberText(chance: Chance, longest: number): NumberText {
  const make = chance.pick(makers);
  const one = chance.pick(numbers);
  const number = make(chance, one, longest);
  return chance.chance(shareOfCountries) ? { number, country: countryFor(chance, one.country) } : { number };
}

type Known = (typeof numbers)[number];
type Maker = (chance: Chance, known: Known, longest: number) => string;

const makers: readonly Maker[] = [
  (_chance, { e164 }) => e164,
  (chance, known) => damaged(chance, written(chance, known), 1),
  (chance, known) => damaged(chance, written(chance, known), 1 + chance.below(6)),
  (chance, known) => inAnotherScript(chance, written(chance, known)),
  (chance, known) => decorated(chance, written(chance, known)),
  (chance, { e164 }) => `+${digits(chance, 1 + chance.below(3))}${e164.slice(1)}`,
  (chance, { e164 }) => e164.slice(0, 2 + chance.below(e164.length)) + digits(chance, chance.below(12)),
  (chance) => `${chance.chance(0.5) ? "+" : ""}${digits(chance, chance.below(45))}`,
  (chance) => text(chance, chance.below(70)),
  (chance, known) => `${text(chance, chance.below(8))}${written(chance, known)}${text(chance, chance.below(8))}`,
  (chance) =>
    Array.from({ length: chance.below(40) }, () => chance.pick([...separators, ...hostile, ...invisible, "1"])).join(
      "",
    ),
  // What backtracking would take long over, and what is only large.
  (chance, _known, longest) =>
    chance
      .pick(["(", "( ", "0", "+", "1 ", "(0)", "\u200e", "\u{1d7ce}", "a"])
      .repeat(chance.below(longest))
      .slice(0, longest),
];

const written = (chance: Chance, { e164, national, international }: Known) =>
  chance.pick([e164, national, international, `00${e164.slice(1)}`, e164.slice(1)]);

function countryFor(chance: Chance, own: CountryCode): string {
  return chance.pick<() => string>([
    () => own,
    () => own,
    () => own,
    () => own.toLowerCase(),
    () => chance.pick(countries),
    () => chance.pick(["UK", "ZZ", "001", "", "GBR", "\0", "__proto__", "constructor"]),
  ])();
}

function damaged(chance: Chance, number: string, times: number): string {
  let result = number;
  for (let time = 0; time < times; time++) {
    const at = chance.below(result.length + 1);
    const [before, after] = [result.slice(0, at), result.slice(at)];
    result = chance.pick<() => string>([
      () => before + digits(chance, 1) + after,
      () => before + after.slice(1),
      () => before + digits(chance, 1) + after.slice(1),
      () => before + after.slice(0, 1) + after,
      () => before + chance.pick(separators) + after,
      () => before + chance.pick(invisible) + after,
      () => before + chance.pick(hostile) + after,
      () => before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2),
    ])();
  }
  return result;
}

function inAnotherScript(chance: Chance, number: string): string {
  const zero = chance.pick(zeros);
  return number.replace(/\d/g, (digit) => (chance.chance(0.9) ? String.fromCodePoint(zero + Number(digit)) : digit));
}

function decorated(chance: Chance, number: string): string {
  return Array.from(number, (char) =>
    chance.chance(0.2) ? chance.pick([...separators, ...invisible]) + char : char,
  ).join("");
}

function digits(chance: Chance, count: number): string {
  return Array.from({ length: count }, () => chance.below(10)).join("");
}

/** Any code points, lone surrogates too. */
function text(chance: Chance, count: number): string {
  return Array.from({ length: count }, () => {
    const plane = chance.pick([0x80, 0x800, 0x10000, 0x110000]);
    return String.fromCodePoint(chance.below(plane));
  }).join("");
}
