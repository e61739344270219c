import { Type } from "typebox";
import { statuses } from "../../verification/types.ts";
import { oneOf } from "../schemas.ts";

/** Room for any number with the spaces and marks that phones put in; what it says is read by the domain. */
const maxGuessLength = 40;

/** A caller ID as a phone shows it. */
const callerId = (description: string) => Type.String({ minLength: 1, maxLength: maxGuessLength, description });

/** Exactly one of three keys: counted, because a union would answer one mistake with two lists of errors. */
export const CheckBody = Type.Object(
  {
    code: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxGuessLength,
        description: "The last digits of the number that called, as typed; of two calls those of the first one first.",
      }),
    ),
    caller_id: Type.Optional(callerId("The whole number that called, as the phone shows it. Of one call only.")),
    caller_ids: Type.Optional(
      Type.Array(callerId("As the phone shows it."), {
        minItems: 1,
        maxItems: 2,
        description: "The whole numbers that called, one for each call, in the order of the calls.",
      }),
    ),
  },
  {
    title: "Check",
    description: "Exactly one of `code`, `caller_id` and `caller_ids`.",
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 1,
    examples: [{ code: "0123" }],
  },
);

export const CheckAnswerBody = Type.Object(
  {
    id: Type.String(),
    status: oneOf(statuses, "`verified` after the right code, `failed` after the last wrong one."),
    valid: Type.Boolean({ description: "Whether this guess was right." }),
    checks_left: Type.Integer({ description: "How many more guesses are allowed." }),
  },
  {
    title: "CheckAnswer",
    examples: [{ id: "v03f9mUq0cR2kZs7XbT1yWaJd4", status: "verified", valid: true, checks_left: 2 }],
  },
);
