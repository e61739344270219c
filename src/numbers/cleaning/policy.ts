/** The policy of a run: the configuration's, or what holds without one. */
import type { NumbersConfig } from "../config.ts";
import { readCountry } from "../country.ts";
import type { CleaningPolicy } from "./ports.ts";

/** As a configuration without the section `numbers` has it. */
const defaults: NumbersConfig = {
  allowed_countries: [],
  denied_countries: [],
  denied_prefixes: [],
  fixed_line_or_mobile: "allow",
};

/**
 * @param numbers section of the configuration; null: none was given
 * @param country as it was typed, in either case; null: `numbers.default_country`, which may be none
 * @returns what is wrong where the country is none
 */
export function readPolicy(
  numbers: NumbersConfig | null,
  country: string | null,
  keepLandlines: boolean,
): CleaningPolicy | { readonly wrong: string } {
  const base = numbers ?? defaults;
  const wanted = country ?? base.default_country ?? null;
  if (wanted === null) return { numbers: base, country: null, keepLandlines };
  const read = readCountry(wanted);
  if ("refusal" in read) return { wrong: read.refusal.detail.replace("`country`", "--country") };
  return { numbers: base, country: read.country, keepLandlines };
}
