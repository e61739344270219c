/** How a missed call looks in the API. */
import { type Static, Type } from "typebox";
import { outcomes } from "../../telephony/calls/outcome.ts";

const nullable = (type: "integer" | "number", description: string) =>
  Type.Unsafe<number | null>({ type: [type, "null"], description });
const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });

const Attempt = Type.Object({
  outcome: oneOf(outcomes, "How it went; docs/api.md says what each means."),
  alerted: Type.Boolean({ description: "Whether the far end said that the phone rings." }),
  post_dial_delay_ms: nullable("integer", "From the INVITE to the first ringing; null where it never rang."),
  ring_ms: nullable("integer", "How long it rang; null where it did not."),
  sip_status: nullable("integer", "The final SIP status; null where none is known."),
  q850: nullable("integer", "The Q.850 cause: the carrier's own where it was seen; null where none is known."),
  ended_by: oneOf(["far_end", "us", "unknown"], "Which side ended it; `unknown` where its end was not seen."),
  false_answer: Type.Boolean({
    description: "Answered without prior ringing: voicemail, or false answer supervision (FAS).",
  }),
  source: oneOf(
    ["sip", "events"],
    "What this rests on: captured SIP messages, or Asterisk's events alone (docs/sip-capture.md).",
  ),
});

export const MissedCallBody = Type.Object(
  {
    caller_id: Type.Object(
      {
        prefix: Type.String({ description: "What the caller ID starts with, E.164." }),
        digits: Type.Integer({ description: "How many digits follow: the code, or of two calls each one's half." }),
        pattern: Type.String({
          description:
            "Regular expression that matches the caller ID as phones show it: with +, 00 or another exit code, or in national format, spaces and brackets allowed.",
        }),
      },
      { description: "How to recognise the call, or each of the two. The code itself is in no answer." },
    ),
    calls: Type.Integer({ description: "How many calls tell the code: 1 or 2." }),
    calls_delivered: Type.Integer({
      description: "How many of them are over and reached the phone. Only after all of them the delivery is `rung`.",
    }),
    ring: Type.Object(
      {
        ms: Type.Integer({ description: "How long the phone rings at most, in milliseconds." }),
        setup_limit_ms: Type.Integer({ description: "How long it may take until it rings, in milliseconds." }),
      },
      { description: "How long an app should wait for the call." },
    ),
    attempt: Type.Union([Attempt, Type.Null()], { description: "How the newest call went; null until one ended." }),
  },
  { description: "With channel `missed_call` only." },
);

export type MissedCallBody = Static<typeof MissedCallBody>;
