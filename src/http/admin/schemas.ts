import { type Static, Type } from "typebox";
import { breakerStates } from "../../telephony/trunks/breaker.ts";
import { line } from "../request-parts.ts";
import { oneOf, time } from "../schemas.ts";

export const DrainBody = Type.Object(
  { reason: line("The reason, for other operators. Shown at /readyz and in the log.", { minLength: 1 }) },
  { title: "Drain", additionalProperties: false, examples: [{ reason: "carrier-a replaces its SBC until 14:00" }] },
);

export const PartParams = Type.Object({
  name: Type.String({ maxLength: 40, description: "Its name in the configuration.", examples: ["carrier-a"] }),
});

const TrunkPath = Type.Object({
  trunk: Type.String(),
  asterisk: Type.String(),
  usable: Type.Boolean({ description: "Whether this gateway can place a call on it now." }),
  why: Type.String(),
  breaker: oneOf(breakerStates, "`open`: no calls after failures; `half_open`: single probe call."),
  retry_at: Type.Union([time("When a probe call may be placed."), Type.Null()]),
});

const Outage = Type.Object({
  by: oneOf(["operator", "canary"], "Origin of the decision."),
  who: Type.String({ description: "Which operator's key, by the first digits of its hash; or which program." }),
  reason: Type.String(),
  since: time("When it began."),
});

const example = {
  name: "carrier-a",
  usable: false,
  why: "out of service: carrier-a replaces its SBC until 14:00",
  out_of_service: {
    by: "operator",
    who: "key 3f9a01bc",
    reason: "carrier-a replaces its SBC until 14:00",
    since: "2026-03-01T12:00:00.000Z",
  },
  live_calls: 2,
  max_concurrent_calls: 100,
  calls_per_second: 0,
  max_calls_per_second: 10,
  wait_ms: 0,
  paths: [
    {
      trunk: "carrier-a",
      asterisk: "pbx",
      usable: false,
      why: "out of service: carrier-a replaces its SBC until 14:00",
      breaker: "closed",
      retry_at: null,
    },
  ],
};

export const PartBody = Type.Object(
  {
    name: Type.String({ description: "Its name in the configuration." }),
    usable: Type.Boolean({ description: "Whether this gateway can place calls there now, without regard to limits." }),
    why: Type.String({ description: "Why it is usable or not." }),
    out_of_service: Type.Union([Outage, Type.Null()], { description: "Null: in service. The same for all gateways." }),
    live_calls: Type.Integer({
      description: "Channel slots taken by all gateways, reservations of waiting calls included.",
    }),
    max_concurrent_calls: Type.Integer({ description: "Limit of concurrent calls." }),
    calls_per_second: Type.Integer({ description: "Calls that all gateways started in the last whole second." }),
    max_calls_per_second: Type.Integer({ description: "Limit of calls per second." }),
    wait_ms: Type.Integer({ description: "How long a call requested now would wait for admission." }),
    paths: Type.Array(TrunkPath, { description: "Each trunk through each Asterisk, as this gateway sees it." }),
  },
  { title: "OperatedPart", examples: [example] },
);

export const TrunksBody = Type.Object({ trunks: Type.Array(PartBody) }, { examples: [{ trunks: [example] }] });
export const AsterisksBody = Type.Object({ asterisks: Type.Array(PartBody) }, { examples: [{ asterisks: [example] }] });

export type PartAnswer = Static<typeof PartBody>;
