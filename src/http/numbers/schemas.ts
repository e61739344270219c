import { Type } from "typebox";
import { refusalCodes } from "../../shared/refusal.ts";
import { country, exampleNumber, maxNumberLength, nullableString, oneOf } from "../schemas.ts";

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
    number: nullableString("E.164; null where it cannot be read as a number."),
    valid: Type.Boolean({ description: "Whether it is in a range that is in use in its country." }),
    possible: Type.Boolean({ description: "Whether its length fits the numbering plan of its country." }),
    reason: Type.Unsafe<(typeof refusalCodes)[number] | null>({
      type: ["string", "null"],
      enum: [...refusalCodes, null],
      description: "Why it is not callable: the code with which a start would be refused.",
    }),
    type: oneOf(numberTypes, "Type of the number, as far as the numbering plan says."),
    country: nullableString("ISO 3166 country; null for numbers of no country."),
    national: nullableString("In national format."),
    international: nullableString("In international format."),
    callable: Type.Boolean({ description: "Whether a verification of it would be accepted." }),
    health: Type.Unsafe<null>({ type: "null", description: "Reserved; null." }),
  },
  {
    title: "Number",
    examples: [
      {
        number: exampleNumber,
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
