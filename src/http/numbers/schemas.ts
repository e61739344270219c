import { Type } from "typebox";
import { refusalCodes } from "../../shared/refusal.ts";
import { country, maxNumberLength, nullableString, oneOf } from "../schemas.ts";

/** The types of numbers/types.ts; representations.ts does not compile when one is missing here. */
const numberTypes = [
  "mobile",
  "fixed_line",
  "fixed_line_or_mobile",
  "premium_rate",
  "toll_free",
  "shared_cost",
  "voip",
  "personal_number",
  "pager",
  "uan",
  "voicemail",
  "satellite",
  "unknown",
] as const;

export const LookupBody = Type.Object(
  {
    number: Type.String({
      minLength: 1,
      maxLength: maxNumberLength,
      description: "E.164 with the plus sign, or national format together with `country`.",
    }),
    country: Type.Optional(country("ISO 3166 country of a number in national format.")),
  },
  { title: "LookupNumber", additionalProperties: false, examples: [{ number: "07400 123456", country: "GB" }] },
);

export const NumberBody = Type.Object(
  {
    number: nullableString("E.164; null where it could not be read as a number at all."),
    valid: Type.Boolean({ description: "Whether it belongs to an assigned block of its country." }),
    possible: Type.Boolean({ description: "Whether it has a length that its country knows." }),
    reason: Type.Unsafe<(typeof refusalCodes)[number] | null>({
      type: ["string", "null"],
      enum: [...refusalCodes, null],
      description: "Why it is not callable: the code that a start would be refused with.",
    }),
    type: oneOf(numberTypes, "What kind of line it is, as far as the number tells."),
    country: nullableString("ISO 3166 country; null for numbers of no country."),
    national: nullableString("In national format."),
    international: nullableString("In international format."),
    callable: Type.Boolean({ description: "Whether a verification of it would be accepted." }),
    health: Type.Unsafe<null>({ type: "null", description: "What former calls taught; null: nothing is known." }),
  },
  {
    title: "Number",
    examples: [
      {
        number: "+447400123456",
        valid: true,
        possible: true,
        reason: null,
        type: "mobile",
        country: "GB",
        national: "07400 123456",
        international: "+44 7400 123456",
        callable: true,
        health: null,
      },
    ],
  },
);
