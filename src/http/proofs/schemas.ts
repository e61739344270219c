import { Type } from "typebox";
import { proofKinds } from "../../verification/types.ts";
import { idempotencyKey } from "../request-parts.ts";
import { exampleNumber, nullableString, oneOf, time } from "../schemas.ts";

export const RedeemBody = Type.Object(
  {
    token: Type.String({
      minLength: 1,
      maxLength: 12_000,
      description: "`proof_token` as the app's client passed it on.",
    }),
  },
  { title: "RedeemProof", additionalProperties: false },
);

export const RedeemHeaders = Type.Object({
  "idempotency-key": idempotencyKey(
    "A repetition with the same key gets the same answer: for a backend that lost the first one.",
  ),
});

export const RedeemedBody = Type.Object(
  {
    verification: Type.String({ description: "Its id." }),
    to: Type.String({ description: "What was proven." }),
    kind: oneOf(proofKinds, "Of what kind it is."),
    channel: Type.String({ description: "By which channel." }),
    app: Type.String({ description: "The app that it is for: yours." }),
    reference: nullableString("`reference` of the start."),
    session: nullableString("`client.session` of the start: compare it with the session that the token came from."),
    code: Type.Unsafe<"gateway" | "app" | null>({
      type: ["string", "null"],
      enum: ["gateway", "app", null],
      description: "Which side generated the code; null where none was typed.",
    }),
    test: Type.Boolean({ description: "Of a test number: nothing is proven." }),
    verified_at: time("When it was verified."),
    expires_at: time("Until when the token is accepted."),
  },
  {
    title: "RedeemedProof",
    examples: [
      {
        ...{ verification: "v03f9mUq0cR2kZs7XbT1yWaJd4", to: exampleNumber, kind: "phone", channel: "missed_call" },
        ...{ app: "shop", reference: "sign-up 4711", session: "s-81f0", code: "gateway", test: false },
        ...{ verified_at: "2026-03-01T12:01:00.000Z", expires_at: "2026-03-01T12:06:00.000Z" },
      },
    ],
  },
);

export const JwksBody = Type.Object(
  { keys: Type.Array(Type.Record(Type.String(), Type.String()), { description: "The public keys: RFC 7517." }) },
  {
    title: "JwkSet",
    examples: [
      {
        keys: [
          {
            ...{ kty: "EC", crv: "P-256", use: "sig", alg: "ES256" },
            kid: "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
            x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
          },
        ],
      },
    ],
  },
);
