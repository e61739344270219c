import { Type } from "typebox";
import { suggestionReasons } from "../../numbers/lookup/types.ts";
import { numberCauses } from "../../numbers/types.ts";
import { refusalCodes } from "../../shared/refusal.ts";
import { country, exampleNumber, maxNumberLength, nullableString, oneOf } from "../schemas.ts";
import { HealthField } from "./health-schema.ts";
import { LiveField } from "./live-schema.ts";
import { MetadataField } from "./metadata-schema.ts";
import { NetworkField } from "./network-schema.ts";

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
    locale: Type.Optional(
      Type.String({
        minLength: 2,
        maxLength: 35,
        description:
          "Language of `message`, BCP 47; left out: the first of Accept-Language that there is a text in, else English.",
      }),
    ),
    live: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Ask the network by a call that is canceled at once; needs the scope `live_lookup` and costs money.",
      }),
    ),
  },
  { title: "LookupNumber", additionalProperties: false, examples: [{ number: "07400 123456", country: "GB" }] },
);

export const Suggestions = Type.Array(
  Type.Object({
    number: Type.String({ description: "E.164." }),
    reason: oneOf(suggestionReasons, "The typing error that it assumes."),
  }),
  { description: "Numbers that may have been meant. Offer them to the person; never take one without asking." },
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
    cause: Type.Unsafe<(typeof numberCauses)[number] | null>({
      type: ["string", "null"],
      enum: [...numberCauses, null],
      description: "The same, finer: `number_invalid` has several causes.",
    }),
    message: nullableString("What to tell the person who typed it, in their language; null where it is callable."),
    suggestions: Suggestions,
    type: oneOf(numberTypes, "Type of the number, as far as the numbering plan says."),
    country: nullableString("ISO 3166 country; null for numbers of no country."),
    national: nullableString("In national format."),
    international: nullableString("In international format."),
    rfc3966: nullableString("As a `tel:` URI."),
    callable: Type.Boolean({ description: "Whether a verification of it would be accepted." }),
    network: NetworkField,
    health: HealthField,
    live: LiveField,
    metadata: MetadataField,
  },
  {
    title: "Number",
    examples: [
      {
        number: exampleNumber,
        valid: true,
        possible: true,
        reason: null,
        cause: null,
        message: null,
        suggestions: [],
        type: "mobile",
        country: "GB",
        national: "07400 123456",
        international: "+44 7400 123456",
        rfc3966: "tel:+44-7400-123456",
        callable: true,
        network: null,
        health: null,
        live: null,
        metadata: { version: "9.0.43" },
      },
    ],
  },
);
