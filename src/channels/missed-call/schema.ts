/** The API's representation of a missed call. */
import { type Static, Type } from "typebox";
import { AttemptBody } from "../calls/attempt.ts";

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
    attempt: Type.Union([AttemptBody, Type.Null()], {
      description: "Result of the newest call; null until one has ended.",
    }),
  },
  { description: "With channel `missed_call` only." },
);

export type MissedCallBody = Static<typeof MissedCallBody>;
