/** What to tell the person who typed a number that may not be contacted. */
import { Metadata } from "../library.ts";
import type { Numbers } from "../ports.ts";
import type { NumberFacts, NumberRefusal } from "../types.ts";
import { callingCodeIn, chooseLanguage, countryName, type NumberTexts } from "./languages.ts";

type Key = keyof NumberTexts;
type Plan = NonNullable<NumberRefusal["plan"]>;

/** What the library's class has, beyond its type declarations. */
interface Lengths {
  selectNumberingPlan(countryOrCallingCode: string): void;
  possibleLengths(): readonly number[];
  readonly numberingPlan: { nationalPrefix(): string | undefined };
  type(name: string): { possibleLengths(): readonly number[] | undefined } | undefined;
}

/**
 * @param wanted BCP 47 tags in order of preference
 * @param numbers judges what the number would be with digits added or left out
 * @returns null where nothing is wrong with it, or what is wrong is the request's `country`, which the person did not type
 */
export function messageOf(facts: NumberFacts, wanted: readonly string[], numbers: Numbers): string | null {
  const { refusal } = facts;
  if (refusal === null || refusal.cause === "invalid_country") return null;
  const { plan } = refusal;
  const miscounted = plan === undefined ? null : miscountOf(plan, numbers);
  const { tag, texts } = chooseLanguage(wanted);
  return texts[miscounted?.key ?? keyOf(refusal, facts)].replace("{country}", () => {
    const country = facts.country ?? plan?.country ?? miscounted?.country ?? null;
    return country === null ? callingCodeIn(plan?.callingCode ?? "", tag) : countryName(country, tag);
  });
}

const keyOfCause: Readonly<Record<NumberRefusal["cause"], Key>> = {
  not_a_number: "not_a_number",
  invalid_country: "country_needed",
  country_needed: "country_needed",
  unknown_calling_code: "unknown_country_code",
  national_prefix: "national_prefix",
  too_short: "too_short",
  too_long: "too_long",
  invalid_length: "wrong_length",
  not_in_use: "not_in_use",
  country_not_allowed: "country_not_allowed",
  prefix_not_allowed: "not_usable",
  high_cost: "not_usable",
  type_not_allowed: "not_usable",
  type_ambiguous: "not_usable",
};

function keyOf({ cause, plan }: NumberRefusal, { type }: NumberFacts): Key {
  if (plan === undefined && cause === "too_short") return "too_short_anywhere";
  if (plan === undefined && cause === "too_long") return "too_long_anywhere";
  return cause === "type_not_allowed" && type === "fixed_line" ? "landline" : keyOfCause[cause];
}

interface Miscount {
  readonly key: "one_missing" | "too_short" | "one_extra" | "too_long";
  readonly country: string | null;
}

/** Enough to meet a range of nearly every plan; each costs one judgement. */
const fillings = ["0", "1", "2", "5", "8"];

/**
 * Says of a number that begins like a mobile number, and has fewer or more digits than one, how many are missing or too many;
 * null: that cannot be said.
 */
function miscountOf({ country, callingCode, digits: written }: Plan, numbers: Numbers): Miscount | null {
  const metadata = new Metadata() as unknown as Lengths;
  metadata.selectNumberingPlan(country ?? callingCode);
  const lengths = metadata.type("MOBILE")?.possibleLengths() ?? metadata.possibleLengths();
  // The library keeps the prefix of a number that is too short without it.
  const prefix = metadata.numberingPlan.nationalPrefix();
  const digits = prefix && written.startsWith(prefix) ? written.slice(prefix.length) : written;
  if (lengths.includes(digits.length)) return null;
  const longer = Math.min(...lengths.filter((length) => length > digits.length));
  const shorter = Math.max(...lengths.filter((length) => length < digits.length));
  const mobile = (national: string) => {
    const facts = numbers.examine(`+${callingCode}${national}`, null, null);
    return facts.type === "mobile" || facts.type === "fixed_line_or_mobile" ? facts : undefined;
  };
  // With fewer digits its beginning says little.
  if (Number.isFinite(longer) && digits.length * 2 >= longer) {
    const whole = fillings.map((digit) => mobile(digits.padEnd(longer, digit))).find((facts) => facts !== undefined);
    const key = longer - digits.length === 1 ? "one_missing" : "too_short";
    if (whole !== undefined) return { key, country: whole.country };
  }
  if (!Number.isFinite(shorter)) return null;
  const whole = mobile(digits.slice(0, shorter));
  const key = digits.length - shorter === 1 ? "one_extra" : "too_long";
  return whole === undefined ? null : { key, country: whole.country };
}
