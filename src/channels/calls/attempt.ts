/** The API's representation of a call attempt, the same for every channel that calls. */
import { type Static, Type } from "typebox";
import { outcomes } from "../../telephony/calls/outcome.ts";
import type { CallEvidence } from "./evidence.ts";

const nullable = (type: "integer" | "number", description: string) =>
  Type.Unsafe<number | null>({ type: [type, "null"], description });
const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });

export const AttemptBody = Type.Object({
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
    "Source of these values: SIP messages (captured, or the gateway's own), or Asterisk's events alone (docs/sip-capture.md).",
  ),
});

export type AttemptBody = Static<typeof AttemptBody>;

export function attemptBody(call: CallEvidence): AttemptBody {
  return {
    outcome: call.outcome,
    alerted: call.alerted,
    post_dial_delay_ms: call.postDialDelayMs,
    ring_ms: call.ringMs,
    sip_status: call.sipStatus,
    q850: call.q850Cause,
    ended_by: call.endedBy,
    false_answer: call.falseAnswer,
    source: call.source,
  };
}
