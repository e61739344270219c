/** Which numbers may be called. */
import { type Static, Type } from "typebox";
import { optionalSection, text } from "../typed-yaml/parts.ts";

/** A country by its code; `countryProblems` checks that it exists. */
export const country = (options: { description?: string } = {}) =>
  text("^[A-Z]{2}$", "an ISO 3166 country of two capital letters, for instance GB", options);

export const Numbers = optionalSection("Which numbers may be called.", {
  default_country: Type.Optional(
    country({
      description: "Country of numbers in national format when the request gives no `country`.",
    }),
  ),
  allowed_countries: Type.Array(country(), {
    default: [],
    description: "ISO 3166 countries that may be called; empty: every country with a route.",
  }),
  denied_countries: Type.Array(country(), {
    default: [],
    description: "ISO 3166 countries that may not be called.",
  }),
  denied_prefixes: Type.Array(
    text("^\\+[1-9]\\d{0,14}$", "a plus sign and 1 to 15 digits, for instance +4474065", {
      description: "Start of numbers in E.164.",
    }),
    {
      default: [],
      maxItems: 10_000,
      uniqueItems: true,
      description:
        "Numbers with these prefixes are never called, regardless of other settings: blocks that are known for traffic pumping.",
    },
  ),
  test_numbers_any: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Whether apps may have test numbers (apps.<name>.test_numbers) that somebody could have. False: a proof for such a number would look like one of its holder to who does not read `test`.",
    }),
  ),
  fixed_line_or_mobile: Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
    default: "allow",
    description:
      "Whether numbers may be called that could be a mobile or a landline, in countries whose numbering plan does not separate the two (the US and some others).",
  }),
});

export type NumbersConfig = Static<typeof Numbers>;
