import { Type } from "typebox";
import { type Outcome, outcomes } from "../../telephony/calls/outcome.ts";
import { oneOf } from "../schemas.ts";

const nullableInteger = (description: string) => Type.Unsafe<number | null>({ type: ["integer", "null"], description });

const properties = {
  outcome: oneOf(outcomes, "How it went."),
  alerted: Type.Boolean({ description: "Whether the far end said that the phone rings." }),
  post_dial_delay_ms: nullableInteger("From the INVITE to the first ringing; null where it never rang."),
  ring_ms: nullableInteger("How long it rang; null where it did not."),
  sip_status: nullableInteger("The final SIP status; null where none is known."),
  q850: nullableInteger("The Q.850 cause: the carrier's own where it was seen; null where none is known."),
  ended_by: oneOf(["far_end", "us", "nobody"], "Who ended it; `nobody` where its end was never seen."),
  false_answer: Type.Boolean({ description: "Answered with no ringing before: a voicemail, or no person at all." }),
  evidence: oneOf(
    ["sip", "events"],
    "What this rests on: SIP messages, or Asterisk's events alone (docs/sip-capture.md).",
  ),
};

/** What is known of the last call. No number, no trunk. */
export const LastCallBody = Type.Unsafe<{
  outcome: Outcome;
  alerted: boolean;
  post_dial_delay_ms: number | null;
  ring_ms: number | null;
  sip_status: number | null;
  q850: number | null;
  ended_by: "far_end" | "us" | "nobody";
  false_answer: boolean;
  evidence: "sip" | "events";
} | null>({
  type: ["object", "null"],
  required: Object.keys(properties),
  properties,
  description: "How the last call of this code went; null until one ended.",
});
