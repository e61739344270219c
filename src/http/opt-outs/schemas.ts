import { Type } from "typebox";
import { optOutSources } from "../../opt-out/types.ts";
import { appName } from "../request-parts.ts";
import { country, exampleNumber, maxRecipientLength, nullableString, oneOf, time } from "../schemas.ts";

const recipient = {
  to: Type.String({
    minLength: 1,
    maxLength: maxRecipientLength,
    description: "A phone number, an e-mail address or a push registration, as `to` of a verification.",
  }),
  country: Type.Optional(country("Of a number in national format.")),
};
const app = Type.Optional(appName("Only from this app; without it from all apps."));

export const LinkBody = Type.Object(recipient, {
  title: "OptOutLinkRequest",
  additionalProperties: false,
  examples: [{ to: exampleNumber }],
});

export const OptOutLink = Type.Object(
  {
    url: Type.String({ description: "Opening it shows a page with a button; the button opts out." }),
    expires_at: time("Until when it works."),
  },
  {
    title: "OptOutLink",
    examples: [
      {
        url: "https://verify.example.com/o/3qZ0m1b7yX2cVt5nK8sL4pQ6rW9uE1aD0fG7hJ2kM5oT8iYzBn",
        expires_at: "2026-03-31T12:00:00.000Z",
      },
    ],
  },
);

export const OptOutSearchBody = Type.Object(recipient, {
  title: "OptOutSearch",
  additionalProperties: false,
  examples: [{ to: exampleNumber }],
});

export const OptOutBody = Type.Object(
  { ...recipient, app },
  { title: "OptOutRequest", additionalProperties: false, examples: [{ to: exampleNumber, app: "shop" }] },
);

export const OptOutsBody = Type.Object(
  {
    subject: Type.String({ description: "The hash by which the audit log names whom it is about." }),
    opt_outs: Type.Array(
      Type.Object({
        app: nullableString("Null: all apps of this gateway."),
        state: oneOf(["out", "in"], "`in`: lifted for this app, though an opt-out from all is kept."),
        source: oneOf(optOutSources, "By what it came about."),
        at: time("When."),
      }),
      { description: "Of an app's own entry and that of all apps the later one applies." },
    ),
  },
  {
    title: "OptOuts",
    examples: [
      {
        subject: "03f9mUq0cR2kZs7XbT1yWaJd4A",
        opt_outs: [{ app: "shop", state: "out", source: "link", at: "2026-03-01T12:00:00.000Z" }],
      },
    ],
  },
);
