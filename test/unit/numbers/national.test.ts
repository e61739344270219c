import fc from "fast-check";
import {
  type CountryCode,
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { expect, it } from "vitest";
import { createNational } from "../../../src/numbers/national.ts";
import { createPlans } from "../../../src/numbers/plans.ts";

const national = createNational();
const plans = createPlans();

/** Where ours answers with a number of the country, it is what the library answers. @returns whether it answered */
function agrees(digits: string, home: CountryCode): boolean {
  const e164 = national(digits, home);
  const ours = e164 === null ? null : plans(e164);
  if (ours?.country !== home) return false;
  const library = parsePhoneNumberFromString(digits, { extract: false, defaultCountry: home });
  expect({ digits, home, number: library?.number, country: library?.country, type: library?.getType() }).toEqual({
    ...{ digits, home, number: e164 },
    ...ours,
  });
  return true;
}

it("reads the usual ways to write a mobile number of a country", () => {
  const missed = getCountries().filter((country) => {
    const example = getExampleNumber(country, examples);
    if (example === undefined) return false;
    const written = [example.formatNational().replace(/\D/g, ""), example.number.slice(1), example.nationalNumber];
    return !written.some((digits) => agrees(digits, country));
  });
  // Something else is taken off or put in front there, or the numbers are another country's too.
  expect(missed.length).toBeLessThan(15);
  for (const country of ["ID", "IN", "GB", "DE", "FR", "NG", "TR", "US"] as const)
    expect(missed).not.toContain(country);
});

it.each(getCountries())("agrees with the library on numbers as they are written in %s", (country) => {
  const code = getCountryCallingCode(country);
  const example = getExampleNumber(country, examples);
  const written = [example?.nationalNumber ?? "", example?.formatNational().replace(/\D/g, "") ?? ""];
  const near = fc
    .tuple(fc.constantFrom("", "0", "1", "8", "00", code, `0${code}`), fc.constantFrom(...written), fc.nat(12))
    .chain(([front, digits, kept]) =>
      fc.stringMatching(/^[0-9]{0,8}$/).map((rest) => (front + digits.slice(0, kept) + rest).slice(0, 15)),
    );
  fc.assert(
    fc.property(fc.oneof(near, fc.stringMatching(/^[0-9]{4,14}$/)), (digits) => {
      if (digits !== "") agrees(digits, country);
    }),
    { numRuns: 15 },
  );
});
