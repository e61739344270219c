import fc from "fast-check";
import {
  getCountries,
  getCountryCallingCode,
  getExampleNumber,
  parsePhoneNumberFromString,
} from "libphonenumber-js/max";
import examples from "libphonenumber-js/mobile/examples";
import { expect, it } from "vitest";
import { isE164 } from "../../../src/numbers/e164.ts";
import { createNumbers } from "../../../src/numbers/numbers.ts";
import { createPlans } from "../../../src/numbers/plans.ts";

const plans = createPlans();
const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
});

/** Where ours answers, it is what the library answers of a valid number. @returns whether it answered */
function agrees(e164: string): boolean {
  const ours = isE164(e164) ? plans(e164) : null;
  if (ours === null) return false;
  const library = parsePhoneNumberFromString(e164, { extract: false });
  expect({ e164, number: library?.number, country: library?.country, type: library?.getType() }).toEqual({
    ...{ e164, number: e164 },
    ...ours,
  });
  const { possible, national, international } = numbers.examine(e164, null, null);
  expect({ possible, national, international }).toEqual({
    possible: library?.isPossible(),
    national: library?.formatNational(),
    international: library?.formatInternational(),
  });
  return true;
}

it("knows the mobile numbers of every country, as the library does", () => {
  const missed = getCountries().filter((country) => {
    const example = getExampleNumber(country, examples);
    return example !== undefined && !agrees(example.number);
  });
  // Their mobile numbers begin with what may be a national prefix.
  expect(missed).toEqual(["AR", "BJ", "CG", "CI"]);
});

it.each(getCountries())("agrees with the library on numbers of %s", (country) => {
  const code = getCountryCallingCode(country);
  const example = getExampleNumber(country, examples)?.nationalNumber ?? "";
  const near = fc
    .tuple(fc.nat(example.length), fc.stringMatching(/^[0-9]{0,10}$/))
    .map(([kept, rest]) => (example.slice(0, kept) + rest).slice(0, example.length + 1));
  const national = fc.oneof(near, fc.stringMatching(/^[0-9]{4,13}$/));
  fc.assert(
    fc.property(national, (digits) => {
      agrees(`+${code}${digits}`);
    }),
    { numRuns: 300 },
  );
});
