/** Small pieces that the schemas share. */
import { type Static, type TObject, type TSchema, Type } from "typebox";
import { maxTypedLength } from "../shared/typed-digits.ts";

/** A string that may be null. `type` as a list serialises faster than a union and reads better in OpenAPI 3.1. */
export function nullableString(description: string) {
  return Type.Unsafe<string | null>({ type: ["string", "null"], description });
}

/** An object that may be null, in the same form. */
export function nullableObject<P extends Record<string, TSchema>>(properties: P, description: string) {
  return Type.Unsafe<Static<TObject<P>> | null>({ ...Type.Object(properties), type: ["object", "null"], description });
}

/** One of a closed set of strings. */
export function oneOf<const T extends readonly string[]>(values: T, description: string) {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...values], description });
}

export const time = (description: string) => Type.String({ format: "date-time", description });

/**
 * A time of a request. The format also takes an offset without minutes (`+01`, as PostgreSQL writes it) and a leap second, which
 * `Date.parse` does not read: an entry with such an end would never end.
 */
const givenTimeForm = {
  format: "date-time",
  pattern: "^\\d{4}-\\d\\d-\\d\\d[Tt ]\\d\\d:\\d\\d:[0-5]\\d(\\.\\d+)?([Zz]|[+-]\\d\\d:?\\d\\d)$",
  "x-expected": "a time such as 2027-03-01T00:00:00Z",
};
export const givenTime = (description: string) => Type.String({ ...givenTimeForm, description });

/** The same, where null says that there is none. */
export const givenTimeOrNull = (description: string) =>
  Type.Unsafe<string | null>({ type: ["string", "null"], ...givenTimeForm, description });

/** Case-insensitive: `gb` is GB. numbers/country.ts checks that the country exists. */
export const country = (description: string) =>
  Type.String({
    pattern: "^[A-Za-z]{2}$",
    "x-expected": "an ISO 3166 country code of two letters, such as GB",
    description,
  });

/** A number as it was typed or pasted, with the invisible marks of contact lists. */
export const maxNumberLength = maxTypedLength;

/** An address has at most 320 characters; a push registration of a browser is JSON with an address and two keys. */
export const maxRecipientLength = 4096;

/** A mobile number that is valid in GB, and the example everywhere. */
export const exampleNumber = "+447400123456";

export const proofToken = nullableString(
  "A signed result (JSON Web Token) for the app's backend, for up to five minutes after `verified`; null otherwise. Left out where the gateway signs no results.",
);

export const VerificationParams = Type.Object({
  id: Type.String({ description: "The verification's id.", examples: ["v03f9mUq0cR2kZs7XbT1yWaJd4"] }),
});

/** A body that may be left out; still refuses keys that it does not know. */
export const NoBody = Type.Unsafe<Record<string, never> | null>({
  type: ["object", "null"],
  additionalProperties: false,
  properties: {},
  description: "Nothing, or an empty object.",
});

/** Only where something is of a test number. */
export const testMark = (description: string) => Type.Unsafe<true>({ type: "boolean", enum: [true], description });
