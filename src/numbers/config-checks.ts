/** Countries in the configuration that do not exist, or are both allowed and denied. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import type { NumbersConfig } from "./config.ts";
import { getCountries, getCountryCallingCode, isSupportedCountry } from "./library.ts";
import { readMetadataFile } from "./metadata-file.ts";

interface Sections {
  readonly numbers: NumbersConfig;
}

export const numbersChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["numbers"], problems: countriesExist },
  { reads: ["numbers"], problems: prefixesAreOfTheirCountry },
  { reads: ["numbers"], problems: metadataIsWhole },
];

function metadataIsWhole({ numbers }: Sections, isSound: IsSound): Problem[] {
  const path = ["numbers", "metadata_file"];
  if (numbers.metadata_file === undefined || !isSound(path)) return [];
  const read = readMetadataFile(numbers.metadata_file);
  if (!("problem" in read)) return [];
  return [{ path, given: numbers.metadata_file, expected: `metadata.max.json of libphonenumber-js (${read.problem})` }];
}

function countriesExist({ numbers }: Sections, isSound: IsSound): Problem[] {
  const { default_country: home, allowed_countries: allowed, denied_countries: denied } = numbers;
  return [
    ...countryListProblems(["numbers", "default_country"], home === undefined ? [] : [home], isSound, () => []),
    ...countryListProblems(["numbers", "allowed_countries"], allowed, isSound),
    ...countryListProblems(["numbers", "denied_countries"], denied, isSound),
    ...Object.keys(numbers.countries ?? {}).flatMap((country) =>
      countryListProblems(["numbers", "countries", country], [country], isSound, () => []),
    ),
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

/** A prefix of another country's numbers would never match, and its author would believe that it does. */
function prefixesAreOfTheirCountry({ numbers }: Sections, isSound: IsSound): Problem[] {
  return Object.entries(numbers.countries ?? {}).flatMap(([country, own]) => {
    if (!isSupportedCountry(country)) return [];
    const start = `+${getCountryCallingCode(country)}`;
    return (["allowed_prefixes", "denied_prefixes", "high_cost_ranges"] as const).flatMap((key) => {
      const path = ["numbers", "countries", country, key];
      if (!isSound(path)) return [];
      return (own[key] ?? []).flatMap((prefix, index) =>
        prefix.startsWith(start)
          ? []
          : [{ path: [...path, index], given: prefix, expected: `a prefix of ${country}, which begins with ${start}` }],
      );
    });
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
