/** Requests and responses of detail records and statistics. */

import { type Static, type TSchema, Type } from "typebox";
import { momentPattern } from "../../cdr/moment.ts";
import { type columns, exportFormats } from "../../cdr/representation.ts";
import { dimensions, periods } from "../../cdr/store-port.ts";
import { outcomes } from "../../telephony/calls/outcome.ts";
import { statuses } from "../../verification/machine.ts";
import { country, maxRecipientLength, nullableString, oneOf, time } from "../schemas.ts";
import { cdrExample, foundExample, statsExample } from "./examples.ts";

const nullable = (type: "integer" | "number" | "boolean", description: string) =>
  Type.Unsafe<number | boolean | null>({ type: [type, "null"], description });

/** Names of channels, states and reasons: what a gateway of another version has may be asked for. */
const name = (description: string) => Type.String({ pattern: "^[a-z0-9_]{1,40}$", description });
const configured = (description: string) => Type.String({ minLength: 1, maxLength: 64, description });

const moment = (description: string) =>
  Type.String({ pattern: momentPattern, description, examples: ["2026-11-01T00:00:00Z"] });

const app = Type.Optional(configured("For an operator's key: only this app. An app's key sees its own alone."));
const cursor = Type.Optional(
  Type.String({ maxLength: 200, description: "`next` of the page before, with the same filters." }),
);

const filters = {
  from: Type.Optional(
    moment("Deliveries that began at this time or later: RFC 3339, or a date (UTC). In a URL write + as %2B."),
  ),
  verification: Type.Optional(Type.String({ maxLength: 64, description: "Deliveries of this verification." })),
  channel: Type.Optional(name("By this channel.")),
  country: Type.Optional(country("To this ISO 3166 country.")),
  status: Type.Optional(oneOf(statuses, "Of verifications that ended with this status.")),
  state: Type.Optional(name("That ended in this state.")),
  reason: Type.Optional(name("With this reason.")),
  trunk: Type.Optional(configured("Whose last INVITE took this trunk.")),
  outcome: Type.Optional(oneOf(outcomes, "Whose call had this outcome.")),
  app,
};

const format = Type.Optional(
  oneOf(
    ["json", ...exportFormats] as const,
    "`csv` and `ndjson` stream all records that match, without pages; without it what `Accept` asks for.",
  ),
);

export const CdrQuery = Type.Object(
  {
    ...filters,
    to: Type.Optional(moment("Deliveries that began before this time.")),
    cursor,
    limit: Type.Optional(
      Type.String({ pattern: "^([1-9]\\d{0,2}|1000)$", description: "Records of a page, 1 to 1000; default 100." }),
    ),
    format,
  },
  { additionalProperties: false },
);

export const CdrSearchBody = Type.Object(
  {
    ...filters,
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxRecipientLength,
        description: "Deliveries to this number, address or registration.",
      }),
    ),
    to_time: Type.Optional(moment("Deliveries that began before this time.")),
    to_country: Type.Optional(country("ISO 3166 country of a `to` in national format.")),
    cursor,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: "Records of a page; default 100." })),
    format,
  },
  { title: "SearchCdrs", additionalProperties: false, examples: [{ to: "+447400123456", limit: 20 }] },
);

export type CdrSearch = Static<typeof CdrSearchBody>;

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

const commaList = (values: readonly string[]) => `^(${values.join("|")})(,(${values.join("|")}))*$`;

export const StatsQuery = Type.Object(
  {
    from: Type.Optional(moment("Deliveries that began from this hour on; default: 24 hours before `to`.")),
    to: Type.Optional(moment("Up to the end of the hour before this time; default: now.")),
    by: Type.Optional(
      Type.String({
        pattern: commaList([...periods, ...dimensions]),
        maxLength: 100,
        description: `Groups, separated by commas: ${periods.join(" or ")}, ${dimensions.join(", ")}. Without it one group.`,
        examples: ["day,channel"],
      }),
    ),
    channel: Type.Optional(name("Only this channel.")),
    country: Type.Optional(country("Only this ISO 3166 country.")),
    prefix: Type.Optional(
      Type.String({ pattern: "^[0-9]{1,7}$", description: "Only this prefix as in records, without the plus sign." }),
    ),
    network: Type.Optional(configured("Only this network.")),
    trunk: Type.Optional(configured("Only this trunk.")),
    range: Type.Optional(configured("Only this caller-ID range.")),
    app,
  },
  { additionalProperties: false },
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

export const VerificationSearchBody = Type.Object(
  {
    to: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: maxRecipientLength,
        description: "The verification's recipient. Only by it open verifications are found.",
      }),
    ),
    country: Type.Optional(country("ISO 3166 country of a `to` in national format.")),
    reference: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: "Your reference; with `to` of open ones too." }),
    ),
    status: Type.Optional(oneOf(statuses, "With this status.")),
    channel: Type.Optional(name("Whose newest delivery is by this channel.")),
    from: Type.Optional(moment("Started at this time or later.")),
    to_time: Type.Optional(moment("Started before this time.")),
    app,
    cursor,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "Of a page; default 20." })),
  },
  { title: "SearchVerifications", additionalProperties: false, examples: [{ to: "+447400123456" }] },
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
