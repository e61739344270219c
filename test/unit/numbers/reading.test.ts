import fc from "fast-check";
import { type CountryCode, validatePhoneNumberLength } from "libphonenumber-js/max";
import { expect, it } from "vitest";
import { createNumbers } from "../../../src/numbers/numbers.ts";

const numbers = createNumbers({
  ...{ allowed_countries: [], denied_countries: [], denied_prefixes: [] },
  fixed_line_or_mobile: "allow",
});
const causes = { TOO_SHORT: "too_short", TOO_LONG: "too_long", INVALID_LENGTH: "invalid_length" } as const;

it.each<CountryCode>(["ID", "US", "GB", "DE", "AT", "AR", "RU", "IT"])(
  "says of the length of a number in %s what the library says",
  (country) => {
    const text = fc.tuple(
      fc.constantFrom("", "0", "+1", "+44", "+62", "+49", "+7"),
      fc.stringMatching(/^[0-9]{2,14}$/),
    );
    fc.assert(
      fc.property(text, ([start, digits]) => {
        const { valid, refusal } = numbers.examine(start + digits, country, null);
        // What is no number of a plan has a reason of its own.
        if (valid || refusal?.plan === undefined || refusal.cause === "national_prefix") return;
        const library = validatePhoneNumberLength(start + digits, country);
        expect(refusal.cause).toBe(library === undefined ? "not_in_use" : causes[library as keyof typeof causes]);
      }),
      { numRuns: 500 },
    );
  },
);
