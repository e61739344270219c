import { type Static, Type } from "typebox";

export const HealthBody = Type.Object(
  { alive: Type.Literal(true), version: Type.String({ description: "Version of this gateway." }) },
  { title: "Health", examples: [{ alive: true, version: "0.1.0" }] },
);

export const ReadinessBody = Type.Object(
  {
    ready: Type.Boolean({ description: "Whether verifications can be started here now." }),
    missing: Type.Array(Type.String(), { description: "What is not available: `redis`, `trunk`; or `draining`." }),
    redis: Type.Boolean({ description: "Whether Redis answers and accepts writes." }),
    trunks: Type.Array(
      Type.Object({
        trunk: Type.String(),
        usable: Type.Boolean({ description: "Whether calls are placed on it now, circuit breakers included." }),
        reachable: Type.Boolean({
          description:
            "Whether Asterisk is connected (or the gateway's own SIP is listening) and the carrier answers; one reachable trunk makes the gateway ready.",
        }),
        why: Type.String({ description: "Why it is usable or not." }),
      }),
    ),
    channels: Type.Array(
      Type.Object({
        channel: Type.String(),
        up: Type.Boolean({ description: "Whether it can deliver now." }),
        detail: Type.String({ description: "Why it can or cannot." }),
      }),
      { description: "Channels that deliver without a trunk. One that is up makes the gateway ready." },
    ),
    records: Type.Optional(
      Type.Object(
        {
          backend: Type.String({ description: "`sqlite`, `postgres`, or `off`: nothing is recorded." }),
          up: Type.Boolean({ description: "Whether they can be read and written now; the log says why not." }),
        },
        { description: "Durable records. They never make the gateway not ready: what is to be recorded waits." },
      ),
    ),
    events: Type.Array(
      Type.Object({
        cursor: Type.String({ description: "`live`: streams and webhooks; `records`: the database." }),
        waiting: Type.Integer({ description: "Changes of state whose events wait in Redis." }),
        oldest_seconds: Type.Integer({ description: "How long the oldest has been waiting." }),
      }),
      {
        description:
          "Events on their way. A backlog does not make the gateway unready; beyond `events.backlog_max` the oldest are lost.",
      },
    ),
    draining: Type.Boolean({ description: "Whether this process is shutting down and accepts no new verifications." }),
  },
  {
    title: "Readiness",
    examples: [
      {
        ready: false,
        missing: ["trunk"],
        redis: true,
        trunks: [{ trunk: "carrier", usable: false, reachable: false, why: "no contact answers" }],
        channels: [],
        records: { backend: "sqlite", up: true },
        events: [{ cursor: "live", waiting: 0, oldest_seconds: 0 }],
        draining: false,
      },
    ],
  },
);

export type ReadinessAnswer = Static<typeof ReadinessBody>;
