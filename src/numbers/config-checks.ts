/** Countries in the configuration that do not exist, or are both allowed and denied. */
import { getCountries, isSupportedCountry } from "libphonenumber-js/max";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import type { NumbersConfig } from "./config.ts";

interface Sections {
  readonly numbers: NumbersConfig;
}

export const numbersChecks: readonly CrossCheck<Sections>[] = [{ reads: ["numbers"], problems: countriesExist }];

function countriesExist({ numbers }: Sections, isSound: IsSound): Problem[] {
  const { default_country: home, allowed_countries: allowed, denied_countries: denied } = numbers;
  return [
    ...countryListProblems(["numbers", "default_country"], home === undefined ? [] : [home], isSound, () => []),
    ...countryListProblems(["numbers", "allowed_countries"], allowed, isSound),
    ...countryListProblems(["numbers", "denied_countries"], denied, isSound),
    ...(isSound(["numbers"]) ? bothAllowedAndDenied(allowed, denied) : []),
  ];
}

function bothAllowedAndDenied(allowed: readonly string[], denied: readonly string[]): Problem[] {
  return denied.flatMap((country, index) => {
    const path = ["numbers", "denied_countries", index];
    return allowed.includes(country)
      ? [{ path, given: country, expected: "a country that is not in allowed_countries" }]
      : [];
  });
}

/**
 * The countries of a list that libphonenumber has no numbering plan for.
 * @param path of the list
 * @param at the path of an item within the list
 */
export function countryListProblems(
  path: Path,
  countries: readonly string[],
  isSound: IsSound,
  at: (index: number) => Path = (index) => [index],
): Problem[] {
  if (!isSound(path)) return [];
  return countries.flatMap((country, index) => {
    if (isSupportedCountry(country)) return [];
    // The most common mistake, and too short for edit distances.
    const hint = country === "UK" ? " (did you mean GB?)" : "";
    const expected = `one of the ${getCountries().length} ISO 3166 countries with a numbering plan${hint}`;
    return [{ path: [...path, ...at(index)], given: country, expected }];
  });
}
