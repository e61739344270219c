import { type Static, Type } from "typebox";
import { publicEventTypes } from "../../events/envelope.ts";
import { deadReasons, disabledReasons } from "../../webhooks/types.ts";
import { maxUrlLength } from "../../webhooks/urls.ts";
import { moment, pageCursor, pageLimit } from "../request-parts.ts";
import { nullableString, oneOf, time } from "../schemas.ts";

/** `verification.*` and its like, and every type. */
const filters = [
  ...new Set(publicEventTypes.map((type) => `${type.slice(0, type.indexOf("."))}.*`)),
  ...publicEventTypes,
];
const exampleId = "wh_Q2hlZXJmdWxseSBk";
const exampleEventId = "evt_v03f9mUq0cR2kZs7XbT1yWaJd4_4";
const exampleAt = "2026-03-01T12:00:15.000Z";
const maxEventIds = 100;

const url = Type.String({
  minLength: 1,
  maxLength: maxUrlLength,
  description:
    "Where events are POSTed to: https, a public address, no user name and password. Shown to this app only.",
});
const events = (description: string) =>
  Type.Array(oneOf(filters, "An event type, or all of a family."), {
    maxItems: filters.length,
    uniqueItems: true,
    description,
  });

export const WebhookParams = Type.Object({
  id: Type.String({ maxLength: 40, description: "The endpoint's id.", examples: [exampleId] }),
});

export const CreateWebhookBody = Type.Object(
  { url, events: Type.Optional(events("Which events it gets; left out or empty: all.")) },
  {
    title: "CreateWebhook",
    additionalProperties: false,
    examples: [{ url: "https://app.example.com/hooks/onering", events: ["verification.ended"] }],
  },
);

export const ChangeWebhookBody = Type.Object(
  {
    url: Type.Optional(url),
    events: Type.Optional(events("Which events it gets from now on; empty: all.")),
    enabled: Type.Optional(
      Type.Boolean({
        description:
          "`false`: no more events; what was queued becomes dead letters. `true` also after it was disabled by the gateway.",
      }),
    ),
  },
  { title: "ChangeWebhook", additionalProperties: false, examples: [{ enabled: true }] },
);

const endpoint = {
  id: Type.String(),
  url: Type.String({ description: "Where events are sent to." }),
  events: Type.Array(Type.String(), { description: "Which events it gets; empty: all." }),
  enabled: Type.Boolean(),
  disabled_reason: Type.Unsafe<(typeof disabledReasons)[number] | null>({
    type: ["string", "null"],
    enum: [...disabledReasons, null],
    description: "`app`: by the app; `gone`: it answered 410; `failing`: no delivery succeeded for days.",
  }),
  previous_secret_until: nullableString("After a rotation: until when the previous secret signs too."),
  created_at: time("When it was registered."),
  updated_at: time("When it was changed last."),
};
const secret = Type.String({
  description: "Signs what is sent (Standard Webhooks): `whsec_` and base64. Shown in this answer alone; keep it.",
});
const example = {
  ...{ id: exampleId, url: "https://app.example.com/hooks/onering", events: ["verification.ended"], enabled: true },
  ...{ disabled_reason: null, previous_secret_until: null, created_at: exampleAt, updated_at: exampleAt },
};
const exampleSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";

export const WebhookBody = Type.Object(endpoint, { title: "Webhook", examples: [example] });
export const WebhookWithSecretBody = Type.Object(
  { ...endpoint, secret },
  { title: "WebhookWithSecret", examples: [{ ...example, secret: exampleSecret }] },
);
export const WebhooksBody = Type.Object(
  { webhooks: Type.Array(WebhookBody) },
  { title: "Webhooks", examples: [{ webhooks: [example] }] },
);

const nullableStatus = Type.Unsafe<number | null>({
  type: ["integer", "null"],
  description: "HTTP status; null: no answer that counts.",
});
const error = nullableString(
  "Why there was none: `timeout`, `unreachable`, `unresolved`, `tls`, `redirected`, `forbidden_address`, `forbidden_url`, `too_large`, `broken`, `busy`.",
);
const duration = Type.Integer({ description: "Until the answer was read, in milliseconds." });

export const TestBody = Type.Object(
  {
    delivered: Type.Boolean({ description: "Whether it answered 2xx in time." }),
    status: nullableStatus,
    error,
    duration_ms: duration,
  },
  { title: "WebhookTest", examples: [{ delivered: true, status: 204, error: null, duration_ms: 34 }] },
);

export const PageQuery = Type.Object(
  { limit: pageLimit(100, 50), cursor: pageCursor("^[\\w.:~-]+$", { minLength: 1, maxLength: 200 }) },
  { additionalProperties: false },
);
const next = nullableString("`cursor` of the next page; null where this is the last one.");

const DeliveryBody = Type.Object({
  event: Type.String({ description: "The event's id, which was sent as `webhook-id`." }),
  type: Type.String(),
  attempt: Type.Integer({ description: "1 for the first." }),
  delivered: Type.Boolean(),
  status: nullableStatus,
  error,
  at: time("When it was sent."),
  duration_ms: duration,
});
export const DeliveriesBody = Type.Object(
  { deliveries: Type.Array(DeliveryBody), next },
  {
    title: "WebhookDeliveries",
    examples: [
      {
        deliveries: [
          {
            ...{ event: exampleEventId, type: "verification.ended", attempt: 1, delivered: true },
            ...{ status: 204, error: null, at: exampleAt, duration_ms: 34 },
          },
        ],
        next: null,
      },
    ],
  },
);

const DeadLetterBody = Type.Object({
  event: Type.String({ description: "The event's id." }),
  type: Type.String(),
  verification: nullableString("The verification that it is of."),
  reason: oneOf(
    deadReasons,
    "`expired`: not delivered in time; `gone`: the endpoint answered 410; `overflow`: too many waited; `disabled`: the endpoint was.",
  ),
  attempts: Type.Integer(),
  queued_at: time("When it was queued."),
  ended_at: time("When it was given up."),
});
export const DeadLettersBody = Type.Object(
  { dead_letters: Type.Array(DeadLetterBody), next },
  {
    title: "WebhookDeadLetters",
    examples: [
      {
        dead_letters: [
          {
            ...{ event: exampleEventId, type: "verification.ended", verification: "v03f9mUq0cR2kZs7XbT1yWaJd4" },
            ...{ reason: "expired", attempts: 12, queued_at: exampleAt, ended_at: "2026-03-02T12:00:15.000Z" },
          },
        ],
        next: null,
      },
    ],
  },
);

export const ReplayBody = Type.Object(
  {
    events: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
        minItems: 1,
        maxItems: maxEventIds,
        description: "Ids of events.",
      }),
    ),
    since: Type.Optional(moment("All that were given up then or later.")),
  },
  {
    title: "ReplayWebhook",
    description: "Exactly one of `events` and `since`.",
    additionalProperties: false,
    examples: [{ since: "2026-03-01T00:00:00Z" }],
  },
);
export const ReplayedBody = Type.Object(
  {
    replayed: Type.Integer({ description: "Events that were queued again." }),
    more: Type.Boolean({ description: "Whether there are more: call it again." }),
  },
  { title: "WebhookReplayed", examples: [{ replayed: 17, more: false }] },
);

export type WebhookAnswer = Static<typeof WebhookBody>;
