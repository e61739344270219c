/** Responses of detail records and statistics. */
import { type TSchema, Type } from "typebox";
import type { columns } from "../../cdr/representation.ts";
import { dimensions, periods } from "../../cdr/store-port.ts";
import { statuses } from "../../verification/machine.ts";
import { nullableString, oneOf, time } from "../schemas.ts";
import { cdrExample, foundExample, statsExample } from "./examples.ts";

const nullable = (type: "integer" | "number" | "boolean", description: string) =>
  Type.Unsafe<number | boolean | null>({ type: [type, "null"], description });

const attempt = Type.Object({
  trunk: Type.String(),
  asterisk: Type.String(),
  outcome: Type.String({ description: "How this INVITE ended; docs/outcomes.md explains each value." }),
  post_dial_delay_ms: nullable("integer", "Of the last INVITE of a call that rang."),
});

/** In the order of `columns`; the type checks that none is missing. */
const cdrProperties: Readonly<Record<(typeof columns)[number], TSchema>> = {
  verification: Type.String({ description: "Id of the verification." }),
  number: Type.Integer({ description: "Which delivery of it, 1 for the first." }),
  app: Type.String(),
  channel: Type.String(),
  to: nullableString("The delivery's recipient; null: erased."),
  country: nullableString("ISO 3166 country of a number."),
  prefix: nullableString("The first digits of a number, at most 7; statistics are by these."),
  network: nullableString("The callee's mobile operator: its name, else its code (docs/networks.md); null: not known."),
  trunk: nullableString("The trunk of the last INVITE, or that a call came in on."),
  asterisk: nullableString("The Asterisk of the last INVITE; `sip`: the gateway's own SIP."),
  range: nullableString("The caller-ID range."),
  caller_ids: Type.Array(Type.String(), { description: "The caller ID of each call in order, E.164." }),
  route: nullableString("Of a message: the route, mail server, push service or sender that took it."),
  segments: nullable("integer", "Of an SMS: messages that the network carries."),
  attempts: Type.Array(attempt, { description: "Every INVITE in order, with failover." }),
  outcome: nullableString("How the call ended; null without one, and where its end was not seen."),
  alerted: nullable("boolean", "Whether the far end signalled alerting (180)."),
  post_dial_delay_ms: nullable("integer", "From the INVITE to the first 180."),
  ring_ms: nullable("integer", "Ring time."),
  answered: nullable("boolean", "Whether it was answered."),
  talk_ms: nullable("integer", "From the answer to the end."),
  false_answer: nullable("boolean", "Answered without prior ringing."),
  sip_status: nullable("integer", "The final SIP status."),
  q850: nullable("integer", "The Q.850 cause."),
  ended_by: nullableString("`far_end`, `us` or `unknown`."),
  source: nullableString("Source of the evidence: `sip` (SIP messages) or `events` (Asterisk's alone)."),
  state: Type.String({ description: "State in which the delivery ended." }),
  reason: nullableString("Its reason."),
  delivered: Type.Boolean({ description: "Whether the person may have had it." }),
  verified: Type.Boolean({ description: "Whether this delivery proved the recipient." }),
  status: oneOf(statuses, "The verification's status."),
  checks_used: nullable("integer", "Checks that the verification used; null where there was no code to type."),
  cost: nullable("number", "Price in the configured currency; null: none is configured."),
  guard_decision: nullableString("The guard's rule that decided about this delivery; null: none did."),
  test: Type.Boolean({ description: "Of a test number: nothing was sent, and no statistics count it." }),
  reference: nullableString("The app's own; null also where it was erased."),
  started_at: time("When the delivery began."),
  ended_at: time("When it ended, at the latest with its verification."),
  verification_started_at: time("When the verification was started."),
  verification_ended_at: time("When it ended."),
};

export const CdrBody = Type.Object(cdrProperties, { title: "Cdr", examples: [cdrExample] });

export const CdrsBody = Type.Object(
  {
    cdrs: Type.Array(CdrBody, {
      description: "The newest first. May be shorter than `limit`, or empty, before the end.",
    }),
    next: nullableString("Cursor of the next page; null: this was the last one."),
  },
  { title: "Cdrs" },
);

const count = (description: string) => Type.Integer({ description });

const figures = {
  verifications: count("Verifications, counted in the group of their first delivery."),
  started: count("Deliveries that began."),
  delivered: count("Deliveries that the person may have had."),
  verified: count("Deliveries that proved their recipient."),
  conversion: nullable("number", "verified ÷ started."),
  attempts: count("Call attempts (INVITEs), each on the trunk that it took."),
  answered: count("Those that were answered."),
  asr: nullable("number", "Answer-seizure ratio: answered ÷ attempts (ITU-T E.411)."),
  ner: nullable(
    "number",
    "Network effectiveness ratio (ITU-T E.425): attempts that reached the user ÷ attempts. These are `rang`, `answered`, `busy`, `declined`, and `canceled` or `interrupted` once the phone rang.",
  ),
  pdd_ms: Type.Object(
    { p50: nullable("integer", "Median."), p95: nullable("integer", "95th percentile.") },
    { description: "Post-dial delay in milliseconds, from a histogram: off by less than its bucket." },
  ),
  cost: nullable("number", "Sum of prices; null where none is configured."),
  cost_per_verified: nullable("number", "cost ÷ verified."),
};

const Figures = Type.Object(figures, { title: "Figures" });

const StatsGroupBody = Type.Object(
  {
    ...Object.fromEntries(periods.map((one) => [one, Type.Optional(time(`Beginning of the ${one}, UTC.`))])),
    ...Object.fromEntries(dimensions.map((one) => [one, Type.Optional(nullableString("Null: those that have none."))])),
    ...figures,
  },
  { title: "StatsGroup" },
);

export const StatsBody = Type.Object(
  {
    from: time("Beginning of the first hour that is counted."),
    to: time("End of the last one."),
    by: Type.Array(Type.String()),
    stats: Type.Array(StatsGroupBody, { description: "One for each group with any delivery, in order." }),
    total: Figures,
  },
  { title: "Stats", examples: [statsExample] },
);

export const FoundVerificationsBody = Type.Object(
  {
    verifications: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          app: Type.String(),
          status: oneOf(statuses, "Its status."),
          reason: nullableString("The newest delivery's reason."),
          to: nullableString("The recipient; null: erased."),
          country: nullableString("ISO 3166 country of a number."),
          channel: Type.String({ description: "The newest delivery's." }),
          reference: nullableString("Yours."),
          created_at: time("When it was started."),
          ended_at: Type.Union([time("When it ended."), Type.Null()], { description: "Null: it is open." }),
          deliveries: Type.Array(
            Type.Object({
              number: Type.Integer(),
              channel: Type.String(),
              to: nullableString("Its recipient; null: erased."),
              state: Type.String(),
              reason: nullableString("Its reason."),
              verified: Type.Boolean({ description: "Whether it proved the recipient." }),
              started_at: time("When it began."),
              ended_at: Type.Union([time("When it ended."), Type.Null()]),
            }),
          ),
        },
        { title: "FoundVerification" },
      ),
      { description: "The one that was started last first." },
    ),
    next: nullableString("Cursor of the next page; null: this was the last one."),
  },
  { title: "FoundVerifications", examples: [foundExample] },
);
