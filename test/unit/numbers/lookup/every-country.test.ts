/** Typing errors in a mobile number of every country of the numbering plans. */
import { getCountries, getExampleNumber } from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { expect, test } from "vitest";
import { createLookup } from "../../../../src/numbers/lookup/lookup.ts";
import { createNumbers } from "../../../../src/numbers/numbers.ts";

const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [], fixed_line_or_mobile: "allow" },
});
const lookup = createLookup({ numbers });
const mobiles = getCountries().flatMap((country) => {
  const example = getExampleNumber(country, examples);
  return example === undefined ? [] : [{ country, ...pick(example) }];
});

function pick({
  number,
  countryCallingCode: code,
  nationalNumber: national,
}: Record<"number" | "countryCallingCode" | "nationalNumber", string>) {
  return { number, code, national };
}

type Mobile = (typeof mobiles)[number];

test.each<[string, (mobile: Mobile) => string]>([
  ["a bare 0 after the country code", ({ code, national }) => `+${code} 0${national}`],
  ["the country code twice", ({ code, national }) => `+${code}${code} ${national}`],
  ["the country code, 00 and the country code", ({ code, national }) => `+${code} 00${code} ${national}`],
  ["no plus sign", ({ code, national }) => code + national],
  ["00 in place of the plus sign", ({ code, national }) => `00${code}${national}`],
  ["no country code behind the plus sign", ({ national }) => `+${national}`],
  ["a letter for a 0", ({ code, national }) => `+${code} ${national.replace("0", "O")}`],
  ["words around it", ({ number }) => `phone ${number} (home)`],
])("%s: the number is offered first, or what was written is a number itself", (_what, write) => {
  const missed = mobiles.filter((mobile) => {
    const input = write(mobile);
    const home = input === `+${mobile.national}` ? mobile.country : null;
    const { facts, suggestions } = lookup.known({ input, country: home, bounds: null, languages: [] });
    return !facts.valid && suggestions[0]?.number !== mobile.number;
  });
  expect(mobiles.length).toBeGreaterThan(240);
  expect(missed.map((mobile) => write(mobile))).toEqual([]);
});
