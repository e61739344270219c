/** The API's representation of a missed call. */
import { type Static, Type } from "typebox";
import { outcomes } from "../../telephony/calls/outcome.ts";

const nullable = (type: "integer" | "number", description: string) =>
  Type.Unsafe<number | null>({ type: [type, "null"], description });
const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });

const Attempt = Type.Object({
  outcome: oneOf(outcomes, "How it ended; docs/api.md explains each value."),
  alerted: Type.Boolean({ description: "Whether the far end signalled alerting (180)." }),
  post_dial_delay_ms: nullable("integer", "From the INVITE to the first 180; null without one."),
  ring_ms: nullable("integer", "Ring time; null where it did not ring."),
  sip_status: nullable("integer", "The final SIP status; null if unknown."),
  q850: nullable("integer", "The Q.850 cause, the carrier's own where it was captured; null if unknown."),
  ended_by: oneOf(["far_end", "us", "unknown"], "Which side ended it; `unknown` if its end was not seen."),
  false_answer: Type.Boolean({
    description: "Answered without prior ringing: voicemail, or false answer supervision (FAS).",
  }),
  source: oneOf(
    ["sip", "events"],
    "Source of these values: captured SIP messages, or Asterisk's events alone (docs/sip-capture.md).",
  ),
});

export const MissedCallBody = Type.Object(
  {
    caller_id: Type.Object(
      {
        prefix: Type.String({ description: "The prefix of the caller ID, E.164." }),
        digits: Type.Integer({
          description:
            "How many digits follow: the code, or with two calls each call's half of it. Of a code of your own it is the end of them.",
        }),
        pattern: Type.String({
          description:
            "Regular expression that matches the caller ID as phones show it: with +, 00 or another exit code, or in national format, spaces and brackets allowed.",
        }),
      },
      { description: "How to recognise the call, or each of the two. No answer contains the code." },
    ),
    calls: Type.Integer({ description: "How many calls carry the code: 1 or 2." }),
    calls_delivered: Type.Integer({
      description: "How many of them are over and reached the phone. The delivery is `rung` after all of them.",
    }),
    ring: Type.Object(
      {
        ms: Type.Integer({ description: "Longest ring time in milliseconds." }),
        setup_limit_ms: Type.Integer({ description: "Longest time until it rings, in milliseconds." }),
      },
      { description: "How long an app should wait for the call." },
    ),
    attempt: Type.Union([Attempt, Type.Null()], {
      description: "Result of the newest call; null until one has ended.",
    }),
  },
  { description: "With channel `missed_call` only." },
);

export type MissedCallBody = Static<typeof MissedCallBody>;
