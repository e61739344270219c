/** Which numbers may be called. */
import { type Static, Type } from "typebox";
import { optionalSection, text } from "../typed-yaml/parts.ts";

/** A country by its code; `countryProblems` checks that it exists. */
export const country = (options: { description?: string } = {}) =>
  text("^[A-Z]{2}$", "an ISO 3166 country of two capital letters, for instance GB", options);

export const Numbers = optionalSection("Which numbers may be called.", {
  default_country: Type.Optional(
    country({
      description: "Country of numbers given in national format without a `country`.",
    }),
  ),
  allowed_countries: Type.Array(country(), {
    default: [],
    description: "ISO 3166 countries that may be called; empty: every country that has a route.",
  }),
  denied_countries: Type.Array(country(), {
    default: [],
    description: "Countries that may not.",
  }),
  fixed_line_or_mobile: Type.Union([Type.Literal("allow"), Type.Literal("deny")], {
    default: "allow",
    description: "Numbers of countries that do not tell mobiles from landlines by number (the US and some others).",
  }),
});

export type NumbersConfig = Static<typeof Numbers>;
