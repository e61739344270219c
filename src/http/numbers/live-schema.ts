/** The field `live` of a lookup: what the network said. */
import type { FastifyReply } from "fastify";
import { Type } from "typebox";
import type { LiveEvidence, LiveResult } from "../../numbers/live-check/types.ts";
import { liveReasons, liveStates } from "../../numbers/live-check/types.ts";
import { nullableObject, oneOf } from "../schemas.ts";

const nullable = (type: "integer" | "number", description: string) =>
  Type.Unsafe<number | null>({ type: [type, "null"], description });

const Evidence = nullableObject(
  {
    outcome: Type.String({ description: "Outcome of the call attempt: docs/outcomes.md explains each value." }),
    sip_status: nullable("integer", "The final SIP status; null if unknown."),
    q850: nullable("integer", "The Q.850 cause; null if unknown."),
    alerted: Type.Boolean({ description: "Alerting was signalled (180): the phone may have shown the call." }),
    progress: Type.Boolean({ description: "A 183 came." }),
    false_answer: Type.Boolean({ description: "Answered without prior ringing: voicemail or call screening." }),
    post_dial_delay_ms: nullable("integer", "From the INVITE to the first 180; null without one."),
    trunks: Type.Integer({ description: "How many trunks were asked." }),
    confirmed: Type.Boolean({ description: "A second trunk said the same of the number." }),
    source: oneOf(["sip", "events", "test"], "SIP messages, Asterisk's events alone, or a test number."),
  },
  "What that rests on; null: there was no call.",
);

export const LiveField = nullableObject(
  {
    state: oneOf(liveStates, "What the network said."),
    reason: Type.Unsafe<(typeof liveReasons)[number] | null>({
      type: ["string", "null"],
      enum: [...liveReasons, null],
      description: "Why the state is `unknown` (docs/live-check.md); null otherwise.",
    }),
    evidence: Evidence,
    checked_at: Type.Unsafe<string | null>({
      type: ["string", "null"],
      format: "date-time",
      description: "When the network was asked; null: it was not.",
    }),
    age_seconds: nullable("integer", "How old the answer is: 0 of a call that was made now."),
    retry_after_seconds: nullable(
      "integer",
      "After this time the network may be asked again; null: at once, or unknown.",
    ),
  },
  "With `live: true`; null otherwise.",
);

export function liveBody(live: LiveResult | null) {
  if (live === null) return null;
  const { state, reason, evidence, checkedAtMs, ageMs, retryAfterMs } = live;
  return {
    ...{ state, reason, evidence: evidence === null ? null : evidenceBody(evidence) },
    checked_at: checkedAtMs === null ? null : new Date(checkedAtMs).toISOString(),
    age_seconds: ageMs === null ? null : Math.floor(ageMs / 1000),
    retry_after_seconds: retryAfterMs === null ? null : Math.ceil(retryAfterMs / 1000),
  };
}

function evidenceBody({ outcome, sipStatus, q850, alerted, progress, falseAnswer, ...rest }: LiveEvidence) {
  const { postDialDelayMs, trunks, confirmed, source } = rest;
  return {
    ...{ outcome, sip_status: sipStatus, q850, alerted, progress, false_answer: falseAnswer },
    ...{ post_dial_delay_ms: postDialDelayMs, trunks, confirmed, source },
  };
}

/** Aborted where the client disconnects before it has its answer: then the call is not needed. */
export function goneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
