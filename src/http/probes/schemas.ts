import { type Static, Type } from "typebox";

export const HealthBody = Type.Object(
  { alive: Type.Literal(true), version: Type.String({ description: "Version of this gateway." }) },
  { title: "Health", examples: [{ alive: true, version: "0.1.0" }] },
);

export const ReadinessBody = Type.Object(
  {
    ready: Type.Boolean({ description: "Whether verifications can be started here now." }),
    missing: Type.Array(Type.String(), { description: "What is not there: `redis`, `trunk`; or `draining`." }),
    redis: Type.Boolean({ description: "Whether Redis answers." }),
    trunks: Type.Array(
      Type.Object({
        trunk: Type.String(),
        usable: Type.Boolean(),
        why: Type.String({ description: "Why it can be used or not." }),
      }),
    ),
    draining: Type.Boolean({ description: "Whether this process is about to stop and takes no new verifications." }),
  },
  {
    title: "Readiness",
    examples: [
      {
        ready: false,
        missing: ["trunk"],
        redis: true,
        trunks: [{ trunk: "carrier", usable: false, why: "no contact answers" }],
        draining: false,
      },
    ],
  },
);

export type ReadinessAnswer = Static<typeof ReadinessBody>;
