import { Type } from "typebox";
import { numberCauses, numberTypes } from "../../numbers/types.ts";
import { refusalCodes } from "../../shared/refusal.ts";
import { country, exampleNumber, maxNumberLength, nullableString, oneOf } from "../schemas.ts";
import { Suggestions } from "../suggestions.ts";
import { HealthField } from "./health-schema.ts";
import { LiveField } from "./live-schema.ts";
import { MetadataField } from "./metadata-schema.ts";
import { NetworkField } from "./network-schema.ts";

/** Numbers of one request; each counts as a request. */
const maxListed = 1000;
/** Holds a thousand numbers as they are typed, with their marks. */
export const lookupBodyBytes = 131_072;
/** With the keys beside the list. */
export const lookupBodyParts = maxListed + 10;

/** One of `number` and `numbers`: looked at by the route, because a union would answer one mistake with two lists of errors. */
export const LookupBody = Type.Object(
  {
    number: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxNumberLength,
        description: "E.164 with the plus sign, or national format together with `country`.",
      }),
    ),
    numbers: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        maxItems: maxListed,
        description:
          "Several numbers; each counts as a request. The answers come in their order, as they are known: as NDJSON with `Accept: application/x-ndjson`, else as an object with the list `numbers`.",
      }),
    ),
    country: Type.Optional(country("ISO 3166 country of numbers in national format.")),
    locale: Type.Optional(
      Type.String({
        minLength: 2,
        maxLength: 35,
        description:
          "Language of `message`, BCP 47. Without it, or without a text in it, the first of Accept-Language that there is a text in, else English.",
      }),
    ),
    live: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Ask the network by a call that is canceled at the first sign of the phone: needs the scope `live_lookup`, and one `number`.",
      }),
    ),
  },
  {
    title: "LookupNumber",
    description: "Exactly one of `number` and `numbers`.",
    additionalProperties: false,
    examples: [{ number: "07400 123456", country: "GB" }],
  },
);

export const numberExample = {
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
};

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
    examples: [numberExample],
  },
);

export const NumbersBody = Type.Object(
  { numbers: Type.Array(NumberBody, { description: "One for each of the request, in its order." }) },
  { title: "Numbers" },
);
