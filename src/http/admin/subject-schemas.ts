import { Type } from "typebox";
import { country, exampleNumber, maxRecipientLength, nullableString } from "../schemas.ts";

export const SubjectBody = Type.Object(
  {
    to: Type.String({
      minLength: 1,
      maxLength: maxRecipientLength,
      description: "A phone number, an e-mail address or a push registration, as `to` of a verification.",
    }),
    country: Type.Optional(country("Of a number in national format.")),
    cursor: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 8192,
        description: "`next` of the answer before: goes on there. Without it all begins anew, which does no harm.",
      }),
    ),
  },
  { title: "SubjectRequest", additionalProperties: false, examples: [{ to: exampleNumber }] },
);

const next = nullableString("Not null: there is more. Send the same request with it as `cursor`, until it is null.");

export const ExportBody = Type.Object(
  {
    kept: Type.Record(Type.String(), Type.Array(Type.Object({}, { additionalProperties: true })), {
      description:
        "What is kept, by class; docs/personal-data.md lists the classes. A class may go on in the next answer.",
    }),
    next,
  },
  {
    title: "SubjectExport",
    examples: [
      {
        kept: {
          verifications: [{ id: "v03f9mUq0cR2kZs7XbT1yWaJd4", app: "shop", to: exampleNumber, status: "verified" }],
          limits: [{ wrong_checks: 1, starts: 2, caller_ids_shown: 2, numbers_held: 0, live_call: false }],
        },
        next: null,
      },
    ],
  },
);

export const EraseBody = Type.Object(
  {
    subject: Type.String({ description: "The hash by which the audit log names whom it was about." }),
    erased: Type.Record(Type.String(), Type.Integer(), {
      description:
        "How many entries this request erased, by class; 0 where there were none, or they were erased before.",
    }),
    next,
  },
  {
    title: "SubjectErasure",
    examples: [
      { subject: "03f9mUq0cR2kZs7XbT1yWaJd4A", erased: { verifications: 2, limits: 1, events: 9 }, next: null },
    ],
  },
);
