/** Whether metadata is whole: a file that was cut off, made for fewer countries or without types would refuse good numbers. */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/core";
import examples from "libphonenumber-js/mobile/examples";
import { builtInMetadata, type MetadataJson } from "./library.ts";

/** The layout that this version of libphonenumber-js reads. */
const layout = 4;
/** Of the countries that the gateway was built with, and of their example mobiles: plans change, but never most of them. */
const leastShare = 0.95;

/** Places in a numbering plan (METADATA.md of libphonenumber-js). */
const place = { callingCode: 0, pattern: 2, lengths: 3, formats: 4, prefix: 7, leadingDigits: 10, types: 11 } as const;

type Plan = readonly unknown[];

/** @returns what is wrong, in words; null: nothing */
export function problemOfPlans(plans: Readonly<Record<string, unknown>>): string | null {
  if (plans.version !== layout) return `its layout (version) is not ${layout}`;
  const { countries, country_calling_codes: callingCodes, nonGeographic } = plans;
  if (!isRecord(countries) || !isRecord(callingCodes) || !isRecord(nonGeographic)) {
    return "it has no countries, country_calling_codes or nonGeographic";
  }
  for (const [name, plan] of [...Object.entries(countries), ...Object.entries(nonGeographic)]) {
    const problem = Array.isArray(plan) ? problemOfPlan(plan) : "is no list";
    if (problem !== null) return `the plan of ${name.slice(0, 10)} ${problem}`;
  }
  return problemOfCodes(callingCodes, countries) ?? problemOfCoverage(countries) ?? problemOfExamples(plans);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function problemOfPlan(plan: Plan): string | null {
  if (!/^[1-9]\d{0,2}$/.test(String(plan[place.callingCode]))) return "has no calling code";
  const lengths = plan[place.lengths];
  if (!Array.isArray(lengths) || !lengths.every((length) => Number.isInteger(length))) return "has no possible lengths";
  const types = plan[place.types];
  if (!Array.isArray(types))
    return 'has no types of numbers (use metadata.max.json, or generate it with "--types all")';
  const patterns = [
    plan[place.pattern],
    ...[plan[place.prefix], plan[place.leadingDigits]].filter((pattern) => pattern !== 0 && pattern !== undefined),
    ...listOf(plan[place.formats]).flatMap((format) => [listOf(format)[0], ...listOf(listOf(format)[2])]),
    ...types.filter((type) => type !== 0).map((type) => listOf(type)[0]),
  ];
  return patterns.every(isPattern) ? null : "has what is no regular expression";
}

function problemOfCodes(codes: Readonly<Record<string, unknown>>, countries: Readonly<Record<string, unknown>>) {
  for (const [code, list] of Object.entries(codes)) {
    const wrong = listOf(list).find((country) => listOf(countries[String(country)])[place.callingCode] !== code);
    if (wrong !== undefined || listOf(list).length === 0) return `+${code} has a country that is not of it`;
  }
  const listed = new Set(Object.values(codes).flatMap(listOf));
  const unlisted = Object.keys(countries).find((country) => !listed.has(country));
  return unlisted === undefined ? null : `${unlisted.slice(0, 10)} is under no calling code`;
}

function problemOfCoverage(countries: Readonly<Record<string, unknown>>): string | null {
  const known = Object.keys(builtInMetadata.plans.countries);
  const missing = known.filter((country) => !Object.hasOwn(countries, country));
  if (missing.length > known.length * (1 - leastShare))
    return `${missing.length} countries are missing (${shown(missing)})`;
  const mobileOnly = Object.keys(countries).filter((country) => !listOf(listOf(countries[country])[place.types])[0]);
  if (mobileOnly.length <= known.length * (1 - leastShare)) return null;
  return `${mobileOnly.length} countries have no landlines by it (${shown(mobileOnly)}): use metadata.max.json`;
}

/** By the library itself. */
function problemOfExamples(plans: Readonly<Record<string, unknown>>): string | null {
  const all = Object.keys(examples).filter((country) => Object.hasOwn(builtInMetadata.plans.countries, country));
  const wrong = all.filter((country) => !isMobile(country as CountryCode, plans as unknown as MetadataJson));
  if (wrong.length <= all.length * (1 - leastShare)) return null;
  return `the example mobiles of ${wrong.length} countries are none by it (${shown(wrong)})`;
}

function isMobile(country: CountryCode, plans: MetadataJson): boolean {
  if (!Object.hasOwn(plans.countries, country)) return false;
  const type = parsePhoneNumberFromString(examples[country] ?? "", { defaultCountry: country }, plans)?.getType();
  return type === "MOBILE" || type === "FIXED_LINE_OR_MOBILE";
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const shown = (countries: readonly string[]) =>
  `${countries.slice(0, 5).join(", ")}${countries.length > 5 ? " …" : ""}`;

function isPattern(pattern: unknown): boolean {
  if (typeof pattern !== "string") return false;
  try {
    return new RegExp(pattern) !== null;
  } catch {
    return false;
  }
}
