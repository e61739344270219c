/** Small pieces that the schemas share. */
import { Type } from "typebox";

/** A string that may be null. `type` as a list serialises faster than a union and reads better in OpenAPI 3.1. */
export function nullableString(description: string) {
  return Type.Unsafe<string | null>({ type: ["string", "null"], description });
}

/** One of a closed set of words. */
export function oneOf<const T extends readonly string[]>(values: T, description: string) {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...values], description });
}

export const time = (description: string) => Type.String({ format: "date-time", description });

export const country = (description: string) => Type.String({ pattern: "^[A-Z]{2}$", description });

/** Up to this many characters of what the app calls the number; anything longer is no phone number in any format. */
export const maxNumberLength = 32;

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
