/** Requests and answers of checks. */
import { type Static, Type } from "typebox";
import { maxTypedLength } from "../../shared/typed-digits.ts";
import { statuses } from "../../verification/machine.ts";
import { country, exampleNumber, maxRecipientLength, oneOf, proofToken, testMark } from "../schemas.ts";

/** A caller ID as a phone shows it. */
const callerId = (description: string) => Type.String({ minLength: 1, maxLength: maxTypedLength, description });

const guess = {
  code: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: maxTypedLength,
      description:
        "The code as typed. For a missed call: the last digits of the number that called; for two calls first those of the first call.",
    }),
  ),
  caller_id: Type.Optional(callerId("The whole number that called, as the phone shows it. Only for a single call.")),
  caller_ids: Type.Optional(
    Type.Array(callerId("As the phone shows it."), {
      minItems: 1,
      maxItems: 2,
      description: "The whole numbers that called, one for each call, in the order of the calls.",
    }),
  ),
};

/** Exactly one of three keys: counted, because a union would answer one mistake with two lists of errors. */
export const CheckBody = Type.Object(guess, {
  title: "Check",
  description: "Exactly one of `code`, `caller_id` and `caller_ids`.",
  additionalProperties: false,
  minProperties: 1,
  maxProperties: 1,
  examples: [{ code: "0123" }],
});

export const CheckByNumberBody = Type.Object(
  {
    to: Type.String({
      minLength: 1,
      maxLength: maxRecipientLength,
      description:
        "What is verified: a number in E.164 with the plus sign, or in national format together with `country`; an address or a registration.",
    }),
    country: Type.Optional(country("ISO 3166 country of a number in national format.")),
    session: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: "`client.session` of the start, where several are open.",
      }),
    ),
    ...guess,
  },
  {
    title: "CheckByNumber",
    description: "The number and exactly one of `code`, `caller_id` and `caller_ids`.",
    additionalProperties: false,
    examples: [{ to: exampleNumber, code: "0123" }],
  },
);

/** The check's input. */
export type GuessBody = Static<typeof CheckBody>;

export const CheckAnswerBody = Type.Object(
  {
    id: Type.String(),
    status: oneOf(statuses, "`verified` after the right code, `failed` after the last wrong one."),
    valid: Type.Boolean({ description: "Whether this code was right." }),
    checks_left: Type.Unsafe<number | null>({
      type: ["integer", "null"],
      description: "How many more checks are allowed.",
    }),
    proof_token: Type.Optional(proofToken),
    test: Type.Optional(testMark("Of a test number. Left out otherwise.")),
  },
  {
    title: "CheckAnswer",
    examples: [{ id: "v03f9mUq0cR2kZs7XbT1yWaJd4", status: "verified", valid: true, checks_left: 2 }],
  },
);
