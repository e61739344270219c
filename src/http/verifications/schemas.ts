import { Type } from "typebox";
import { callerIdPattern } from "../../channels/missed-call/caller-id-pattern.ts";
import { outcomes } from "../../telephony/calls/outcome.ts";
import { channels, statuses } from "../../verification/types.ts";
import { country, maxNumberLength, oneOf, time } from "../schemas.ts";
import { LastCallBody } from "./last-call-schema.ts";

const Metadata = Type.Unsafe<Record<string, string>>({
  type: "object",
  maxProperties: 16,
  propertyNames: { minLength: 1, maxLength: 40 },
  additionalProperties: { type: "string", maxLength: 256 },
  description: "Up to 16 texts of your own, given back with the verification.",
});

export const StartBody = Type.Object(
  {
    to: Type.String({
      minLength: 1,
      maxLength: maxNumberLength,
      description: "The number to verify: E.164 with the plus sign, or national format together with `country`.",
    }),
    country: Type.Optional(country("ISO 3166 country of a number in national format.")),
    channel: Type.Optional(
      oneOf(channels, "Who rings whom: we ring the number once (the default), or its holder calls a number of ours."),
    ),
    calls: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2,
        description:
          "How many calls tell the code: two, from different numbers and one after the other, make it twice as long. Without it 1, or what `verification.min_calls` asks for.",
      }),
    ),
    code_length: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: 16,
        description:
          "Digits of the code, of two calls together; only caller IDs with that many, or half of them, are used. Without it: any.",
      }),
    ),
    reference: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: "Your own name for it, given back." }),
    ),
    metadata: Type.Optional(Metadata),
  },
  {
    title: "StartVerification",
    additionalProperties: false,
    examples: [
      { to: "+447911123456", reference: "sign-up 4711" },
      { to: "+447911123456", channel: "call_in" },
    ],
  },
);

export const StartHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      pattern: "^[\\x20-\\x7e]*$",
      description: "Same key and same body: same answer, no second call. Make a new one for each try of a person.",
      examples: ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    }),
  ),
});

const reasonInWords = `How the last call went, once that is known: ${outcomes.join(", ")}.`;

export const VerificationBody = Type.Object(
  {
    id: Type.String(),
    status: oneOf(
      statuses,
      "pending → calling → ringing → rung → verified | failed | expired | canceled | undeliverable",
    ),
    reason: Type.Unsafe<(typeof outcomes)[number] | null>({
      type: ["string", "null"],
      enum: [...outcomes, null],
      description: reasonInWords,
    }),
    channel: oneOf(channels, "Who rings whom."),
    to: Type.String({ description: "The number that is verified, E.164." }),
    call_in: Type.Optional(
      Type.Object(
        { number: Type.String({ description: "What the person calls from the phone that is verified, E.164." }) },
        {
          description:
            "With channel `call_in` only. The call is refused, so it is free; then the status is `verified`.",
        },
      ),
    ),
    calls: Type.Integer({ description: "How many calls tell the code: 1 or 2; 0 with channel `call_in`." }),
    calls_delivered: Type.Integer({
      description:
        "How many of them are over and reached the phone. With two calls: `pending` and 1 between the two; only after both `rung`.",
    }),
    code_length: Type.Integer({
      description:
        "How many digits the person types: the last ones of the caller ID, of two calls those of the first one first; 0 with channel `call_in`.",
    }),
    caller_id: Type.Optional(
      Type.Object(
        {
          prefix: Type.String({ description: "What the caller ID starts with, E.164." }),
          digits: Type.Integer({ description: "How many digits follow: the code, or of two calls each one's half." }),
          pattern: Type.String({
            description:
              "Regular expression that matches the caller ID as phones show it: with +, 00 or another exit code, or in national format, spaces and brackets allowed.",
          }),
        },
        {
          description:
            "How to recognise the call, or each of the two. The code itself is never told. Not with channel `call_in`.",
        },
      ),
    ),
    checks_left: Type.Integer({
      description: "Wrong guesses that are still allowed, and the right one; 0 with channel `call_in`.",
    }),
    ring: Type.Optional(
      Type.Object(
        {
          ms: Type.Integer({ description: "How long the phone rings at most, in milliseconds." }),
          setup_limit_ms: Type.Integer({ description: "How long it may take until it rings, in milliseconds." }),
        },
        { description: "How long an app should wait for the call. Not with channel `call_in`." },
      ),
    ),
    last_call: LastCallBody,
    reference: Type.Optional(Type.String()),
    metadata: Type.Optional(
      Type.Unsafe<Record<string, string>>({ type: "object", additionalProperties: { type: "string" } }),
    ),
    created_at: time("When it was started."),
    expires_at: time("When the code stops being accepted."),
    ended_at: Type.Optional(time("When it ended; missing while it is under way.")),
  },
  {
    title: "Verification",
    examples: [
      {
        id: "v03f9mUq0cR2kZs7XbT1yWaJd4",
        status: "ringing",
        reason: null,
        channel: "missed_call",
        to: "+447911123456",
        calls: 1,
        calls_delivered: 0,
        code_length: 4,
        caller_id: { prefix: "+44770090", digits: 4, pattern: callerIdPattern("+44770090", 4) },
        checks_left: 3,
        ring: { ms: 5000, setup_limit_ms: 20_000 },
        last_call: null,
        reference: "sign-up 4711",
        created_at: "2026-03-01T12:00:00.000Z",
        expires_at: "2026-03-01T12:05:00.000Z",
      },
      {
        id: "v03f9QxW2dE7rT1yU5iO8pA4sF",
        status: "pending",
        reason: null,
        channel: "call_in",
        to: "+447911123456",
        call_in: { number: "+442079460123" },
        calls: 0,
        calls_delivered: 0,
        code_length: 0,
        checks_left: 0,
        last_call: null,
        created_at: "2026-03-01T12:00:00.000Z",
        expires_at: "2026-03-01T12:05:00.000Z",
      },
    ],
  },
);
