/**
 * Where our answer for an example number of libphonenumber differs from Google's own library, and why. Every difference has
 * to have one of these reasons, each decided by what it says and not by a list of numbers, except where the list is the reason.
 */
import packaged from "libphonenumber-js/max/metadata";
import { minE164Digits } from "../../src/numbers/e164.ts";
import { createNumbers } from "../../src/numbers/numbers.ts";
import { type Answer, askGoogle, type Example, everyExample, googlePlanOf } from "./google.ts";

export const openPolicy = {
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
} as const;

const numbers = createNumbers(openPolicy);

export type Field = keyof Answer;

export interface Disagreement extends Example {
  readonly field: Field;
  readonly google: string;
  readonly ours: string;
  readonly reason: Reason;
}

export const reasons = {
  separators:
    "libphonenumber-js separates groups by spaces in the international format (ITU-T E.123 §2), Google's library as the country does (`+81 90-1234-5678`). The digits and groups are the same.",
  national_only:
    "Formats that exist in national notation only are not in libphonenumber-js' metadata: such a number is written without groups. It cannot be dialled from abroad.",
  satellite:
    "We call numbers of satellite networks `satellite` whatever type their plan gives: a minute costs several euros.",
  too_short: `A number has at least ${minE164Digits} digits with us (\`src/numbers/e164.ts\`); no shorter one may be called.`,
  no_mobile_plan:
    "libphonenumber-js takes a plan without mobile numbers for one whose mobiles look like its landlines. Only Tristan da Cunha has such a plan.",
  other_release:
    "The two packages carry different releases of the metadata, and the plan of this country changed in between: the newer one counts, which is ours.",
  unexplained: "Not explained.",
} as const;

export type Reason = keyof typeof reasons;

/** What is asked of both. */
export const fields = ["valid", "possible", "type", "country", "national", "international"] as const;

/** All differences over the example numbers, in the order of libphonenumber's regions and types. */
export function everyDisagreement(): readonly Disagreement[] {
  const seen = new Set<string>();
  return everyExample().flatMap((example) => {
    if (seen.has(example.e164)) return [];
    seen.add(example.e164);
    return disagreementsOf(example);
  });
}

/** @param example any number in E.164; `of` and `type` only name it */
export function disagreementsOf(example: Example): readonly Disagreement[] {
  const google = askGoogle(example.e164);
  if (google === null) return [];
  const ours = numbers.examine(example.e164, null, null);
  return fields.flatMap((field) => {
    const [one, other] = [google[field], ours[field]];
    if (one === other) return [];
    const reason = reasonOf(example.e164, field, google, ours);
    return [{ ...example, field, google: String(one), ours: String(other), reason }];
  });
}

function reasonOf(e164: string, field: Field, google: Answer, ours: Answer): Reason {
  const [one, other] = [String(google[field]), String(ours[field])];
  if (field === "international" && other === one.replace(/[-./]/g, " ")) return "separators";
  if (ours.type === "satellite" && field === "type") return "satellite";
  if (e164.length - 1 < minE164Digits) return "too_short";
  if (field === "national" && google.valid === ours.valid && isUngrouped(one, other)) return "national_only";
  if (plansDiffer(google.country ?? ours.country ?? "")) return "other_release";
  if (ours.country === "TA" && field === "type") return "no_mobile_plan";
  return "unexplained";
}

function isUngrouped(grouped: string, digits: string): boolean {
  return /^\d+$/.test(digits) && grouped.replace(/\D/g, "").endsWith(digits);
}

/** Whether the packages' patterns for a country are not the same texts. */
export function plansDiffer(country: string): boolean {
  const plan = (packaged.countries as unknown as Record<string, readonly unknown[]>)[country];
  if (plan === undefined) return true;
  const types = (plan[11] as readonly (readonly unknown[] | 0)[]).map((type) => (type === 0 ? 0 : type[0]));
  const ours = new Set([plan[2], ...types].filter((pattern) => typeof pattern === "string" && pattern !== ""));
  const theirs = new Set(googlePlanOf(country));
  return ours.size !== theirs.size || [...ours].some((pattern) => !theirs.has(pattern as string));
}
