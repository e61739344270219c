/** Webhooks: how events are delivered to the apps' endpoints. */
import { type Static, Type } from "typebox";
import { count, ms, optionalSection, seconds } from "../typed-yaml/parts.ts";

export const Webhooks = optionalSection("Webhooks: events delivered to the apps' own endpoints.", {
  allow_private: Type.Boolean({
    default: false,
    description:
      "Whether endpoints may be in private networks and on loopback, and plain http. Off, because any app that has an API key chooses the URL, and could reach what only this machine can. Metadata services and link-local addresses are refused in any case.",
  }),
  deadline_ms: ms(
    10_000,
    100,
    60_000,
    "From the connection to the last byte of the answer; beyond it the try failed. Receivers should store the event, answer and process it afterwards.",
  ),
  retry_hours: count(
    24,
    1,
    168,
    "How long an event is tried before it becomes a dead letter. A day: long enough for a night and the repair in the morning.",
  ),
  concurrency: count(
    640,
    2,
    5000,
    "Deliveries in progress of one gateway process. Twice what all endpoints of one app may have (concurrency_per_endpoint × endpoints_per_app) at the least, so that no app takes all of them.",
  ),
  concurrency_per_endpoint: count(
    32,
    1,
    1000,
    "The same for one endpoint: bounds what a slow one takes from the others. It begins with 8, grows with each delivery and halves with each failure.",
  ),
  endpoints_per_app: count(10, 1, 100, "Endpoints of one app."),
  queue_max: count(
    10_000,
    10,
    1_000_000,
    "Events that wait for one endpoint, about 1.5 KB of Redis each; beyond it the oldest become dead letters.",
  ),
  disable_after_hours: count(
    120,
    1,
    720,
    "An endpoint to which no delivery succeeded for so long, though tried, is disabled. Five days: longer than a long weekend.",
  ),
  secret_overlap_seconds: seconds(
    86_400,
    0,
    604_800,
    "After a rotation the previous secret signs too for so long: a day to bring the new one to every receiver.",
  ),
  tries_kept: count(500, 10, 10_000, "Newest tries of an endpoint that `GET /v1/webhooks/{id}/deliveries` can show."),
});

export type WebhooksConfig = Static<typeof Webhooks>;
