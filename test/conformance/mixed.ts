/** The countries in which a mobile number cannot be told from a landline, counted from the patterns of their plans. */
import { builtInMetadata } from "../../src/numbers/library.ts";
import { type Language, sizeOfCommon } from "./patterns.ts";

export interface Mixed {
  /** ISO 3166 */
  readonly country: string;
  /** Of the numbers that the plan calls mobile, those that it calls landlines too: above 0, at most 1. */
  readonly share: number;
  /** The plan has no mobile numbers, and libphonenumber-js takes that for the same (docs: disagreements). */
  readonly noMobilePlan: boolean;
}

type Plan = readonly unknown[];
type TypePlan = readonly [pattern: string, lengths?: readonly number[]] | 0 | undefined;

export const planOf = (country: string) =>
  (builtInMetadata.plans.countries as unknown as Record<string, Plan>)[country];
/** In libphonenumber-js' order. */
export const typeNames = [
  ...["fixed_line", "mobile", "toll_free", "premium_rate", "personal_number"],
  ...["voicemail", "uan", "pager", "voip", "shared_cost"],
] as const;

/** The numbers of each type; null: the plan has none. '' stands for the same pattern as that of landlines. */
export function languagesOf(plan: Plan): readonly (Language | null)[] {
  const types = plan[11] as readonly TypePlan[];
  const fixed = types[0];
  return typeNames.map((_, index) => {
    const type = types[index];
    if (!type) return null;
    const [pattern, lengths = plan[3] as readonly number[]] = type;
    return { pattern: pattern === "" && fixed ? fixed[0] : pattern, lengths };
  });
}

/** What every number of a plan fits, whatever its type. */
export const wholeOf = (plan: Plan): Language => ({ pattern: String(plan[2]), lengths: null });

export function mixedCountries(): readonly Mixed[] {
  return Object.keys(builtInMetadata.plans.countries)
    .sort()
    .flatMap((country): readonly Mixed[] => {
      const plan = planOf(country) ?? [];
      const [fixed, mobile] = languagesOf(plan);
      if (fixed && !mobile) return [{ country, share: 1, noMobilePlan: true }];
      if (!fixed || !mobile) return [];
      const both = sizeOfCommon([wholeOf(plan), fixed, mobile]);
      if (both === 0) return [];
      return [{ country, share: both / sizeOfCommon([wholeOf(plan), mobile]), noMobilePlan: false }];
    });
}
