/** Which numbers may be called. */
import { type Static, Type } from "typebox";
import { optionalSection, section, text } from "../typed-yaml/parts.ts";
import { configurableTypes } from "./types.ts";

/** A country by its code; `countryListProblems` checks that it exists. */
export const country = (options: { description?: string } = {}) =>
  text("^[A-Z]{2}$", "an ISO 3166 country of two capital letters, for instance GB", options);

const prefixes = (description: string) =>
  Type.Optional(
    Type.Array(text("^\\+[1-9]\\d{0,14}$", "a plus sign and 1 to 15 digits, for instance +4474065"), {
      minItems: 1,
      maxItems: 10_000,
      uniqueItems: true,
      description,
    }),
  );

const CountryPolicy = section("What holds for numbers of one country.", {
  callable_types: Type.Optional(
    Type.Array(
      Type.Unsafe<(typeof configurableTypes)[number]>(Type.Union(configurableTypes.map((type) => Type.Literal(type)))),
      {
        minItems: 1,
        uniqueItems: true,
        description:
          "Types of numbers that may be contacted; without it mobile and, by numbers.fixed_line_or_mobile, fixed_line_or_mobile. Landlines only where a channel reaches them (voice). Types that cost the caller more than a call can never be contacted.",
      },
    ),
  ),
  allowed_prefixes: prefixes("Starts of the numbers that may be contacted; without it all."),
  denied_prefixes: prefixes("Starts of the numbers that may not, in addition to numbers.denied_prefixes."),
  high_cost_ranges: prefixes(
    "Starts of the numbers whose calls or messages your carriers bill at a higher rate: refused like denied_prefixes, with the cause `high_cost`. None is built in: rates are in your carriers' price lists.",
  ),
});

export type CountryPolicyConfig = Static<typeof CountryPolicy>;

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
  countries: Type.Optional(
    Type.Record(country(), CountryPolicy, {
      maxProperties: 300,
      description:
        "Policy of single countries, ISO 3166; narrows what the other keys permit, except for callable_types.",
    }),
  ),
  test_numbers_any: Type.Optional(
    Type.Boolean({
      default: false,
      description:
        "Whether apps may have test numbers (apps.<name>.test_numbers) that somebody could have. False: an app that ignores `test` would mistake a proof for such a number for one by its holder.",
    }),
  ),
  metadata_file: Type.Optional(
    text("^/", "an absolute path, for instance /etc/onering/metadata.max.json", {
      description:
        "Numbering plans in place of those that the gateway was built with: `metadata.max.json` of a newer libphonenumber-js. Read at the start and at each reload. A file that is not whole is refused, and what was in use stays. See [numbering-metadata.md](numbering-metadata.md).",
    }),
  ),
  fixed_line_or_mobile: Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
    default: "allow",
    description:
      "Whether numbers may be called that could be a mobile or a landline, in countries whose numbering plan does not separate the two (the US and some others).",
  }),
});

export type NumbersConfig = Static<typeof Numbers>;
