/**
 * Numbers that may have been meant, for typing errors that leave a trace. A suggestion is a guess: it is shown to the person,
 * who takes it or not; nothing here changes what is read.
 */
import { isCallingCode, withoutCallingCode } from "../calling-codes.ts";
import type { Numbers } from "../ports.ts";
import { readRaw } from "../raw.ts";
import type { NumberFacts } from "../types.ts";
import { letterDigits, onlyNumber, plusBehind, regionsOf, secondPlus } from "./mistyped.ts";
import type { KnownAsk } from "./ports.ts";
import type { Suggestion, SuggestionReason } from "./types.ts";

export const maxSuggestions = 3;
/** Judgements for one input: each takes some 20 µs, and what comes first is likeliest. */
const maxTried = 32;

/** A reading of the input, to be judged. */
interface Candidate {
  readonly text: string;
  readonly country: string | null;
  readonly reason: SuggestionReason;
  /** Only where nothing else was found: the rest of many numbers that are too long is a number of some country. */
  readonly last?: boolean;
}

/**
 * @param facts of the input, by the same country and bounds
 * @returns the likeliest first: each valid by itself, and callable where any of them is; none for a number that is valid
 */
export function suggestionsFor(ask: KnownAsk, facts: NumberFacts, numbers: Numbers): readonly Suggestion[] {
  const { refusal, valid } = facts;
  if (valid || refusal === null || refusal.cause === "invalid_country") return [];
  const found = new Map<string, { readonly reason: SuggestionReason; readonly callable: boolean }>();
  const add = (e164: string, reason: SuggestionReason) => {
    if (found.has(e164) || e164 === ask.input.trim()) return;
    const itself = numbers.examine(e164, null, ask.bounds);
    if (itself.valid && itself.e164 === e164) found.set(e164, { reason, callable: itself.callable });
  };
  let tried = 0;
  for (const { text, country, reason, last } of candidates(
    ask,
    facts,
    (number) => numbers.examine(number, null, null).valid,
  )) {
    if (found.size >= maxSuggestions || ++tried > maxTried) break;
    if (last === true && found.size > 0) continue;
    const read = numbers.examine(text, country, ask.bounds);
    const e164 = read.valid ? read.e164 : read.refusal?.meant;
    if (e164 != null) add(e164, reason);
  }
  const all = [...found].map(([number, { reason, callable }]) => ({ number, reason, callable }));
  const best = all.some(({ callable }) => callable) ? all.filter(({ callable }) => callable) : all;
  return best.map(({ number, reason }) => ({ number, reason }));
}

type IsValid = (e164: string) => boolean;

function* candidates(ask: KnownAsk, facts: NumberFacts, isValid: IsValid): Generator<Candidate> {
  const { input, country } = ask;
  const raw = readRaw(input);
  if ("digits" in raw) {
    yield* ofDigits(raw.digits, ask, facts, isValid);
    return;
  }
  for (const [reason, text] of [
    ["missing_plus", plusBehind(input)],
    ["doubled_country_code", secondPlus(input)],
    ["letters", letterDigits(input)],
    ["other_text", onlyNumber(input)],
  ] as const) {
    if (text === null) continue;
    yield { text, country, reason };
    // Two errors at once: the one that was seen first names the suggestion.
    const digits = readRaw(text);
    if (!("digits" in digits)) continue;
    for (const further of ofDigits(digits.digits, ask, facts, isValid)) yield { ...further, reason };
  }
}

function* ofDigits(raw: string, ask: KnownAsk, facts: NumberFacts, isValid: IsValid): Generator<Candidate> {
  const { country } = ask;
  const hasPlus = raw.startsWith("+");
  const digits = hasPlus ? raw.slice(1) : raw;
  const exit = /^(?:00|011)(?=[1-9])/.exec(digits)?.[0] ?? null;
  const international = digits.slice(exit?.length ?? 0);
  const { refusal } = facts;
  const bare = withoutBareZero(international);
  if (hasPlus && bare !== null) yield bare;
  if (refusal?.meant !== undefined) yield { text: refusal.meant, country: null, reason: "national_prefix" };
  // In the country of the request its own international prefix was read already.
  if ((exit !== null || !hasPlus) && isCallingCode(international)) {
    yield { text: `+${international}`, country: null, reason: exit === null ? "missing_plus" : "international_prefix" };
  }
  if (!hasPlus && bare !== null) yield bare;
  // `44 44 7400 123456`, `44 0044 7400 123456`
  const behind = behindCode(international);
  if (behind?.isSame) yield { text: `+${behind.rest}`, country: null, reason: "doubled_country_code" };
  for (const home of hasPlus ? [country, ...regionsOf(ask.languages)] : regionsOf(ask.languages)) {
    yield { text: digits, country: home, reason: "missing_country_code" };
  }
  const plan = refusal?.plan;
  if (hasPlus || exit !== null) yield* ofInternational(international, facts, isValid);
  else if (plan !== undefined) yield* ofInternational(`${plan.callingCode}${plan.digits}`, facts, isValid);
  // Another country's code in front, as selectors of countries put it there.
  if (behind !== null) yield { text: `+${behind.rest}`, country: null, reason: "doubled_country_code", last: true };
}

/** A bare 0 is typed out of habit, also where the plan has no such prefix, or its numbers begin with another 0. */
function withoutBareZero(digits: string): Candidate | null {
  const national = withoutCallingCode(digits);
  if (national?.startsWith("0") !== true) return null;
  const text = `+${digits.slice(0, -national.length)}${national.slice(1)}`;
  return { text, country: null, reason: "national_prefix" };
}

/** What follows the calling code without zeros, where it begins with a calling code by itself. */
function behindCode(digits: string): { readonly rest: string; readonly isSame: boolean } | null {
  const national = withoutCallingCode(digits);
  const rest = national?.replace(/^0+/, "") ?? "";
  if (national === null || !isCallingCode(rest)) return null;
  return { rest, isSame: rest.startsWith(digits.slice(0, digits.length - national.length)) };
}

function* ofInternational(digits: string, { refusal }: NumberFacts, isValid: IsValid): Generator<Candidate> {
  const national = withoutCallingCode(digits);
  if (national === null) return;
  const callingCode = digits.slice(0, digits.length - national.length);
  yield { text: `+${callingCode}0${national}`, country: null, reason: "missing_zero" };
  if (refusal?.cause !== "too_long" && refusal?.cause !== "invalid_length") return;
  const shorter = withoutRepeats(national).filter((one) => isValid(`+${callingCode}${one}`));
  const [only] = shorter;
  // Of several it cannot be said which one was meant.
  if (only !== undefined && shorter.length === 1) {
    yield { text: `+${callingCode}${only}`, country: null, reason: "repeated_digit" };
  }
}

/** The digits with one left out, for each run of the same digit; none where there are many runs. */
function withoutRepeats(digits: string): readonly string[] {
  const runs = [...digits.matchAll(/(\d)\1+/g)];
  if (runs.length > 3) return [];
  return runs.map(({ index }) => digits.slice(0, index) + digits.slice(index + 1));
}
