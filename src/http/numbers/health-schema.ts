import { Type } from "typebox";
import { type HealthView, healthSources, healthStates } from "../../numbers/lookup/health-view.ts";
import { nullableObject, oneOf } from "../schemas.ts";

export const HealthField = nullableObject(
  {
    state: oneOf(
      healthStates,
      "`unallocated`: networks said that it is not in use. Of evidence that other apps taught only `unallocated` and `reachable`.",
    ),
    age_days: Type.Integer({ minimum: 0, description: "Days since the newest evidence." }),
    confidence: Type.Unsafe<number | null>({
      type: ["number", "null"],
      minimum: 0,
      maximum: 1,
      description: "Halved with each half-life; null where your own deliveries taught nothing of it.",
    }),
    source: Type.Unsafe<string | null>({
      type: ["string", "null"],
      enum: [...healthSources, null],
      description: "Where the newest evidence is from; null as `confidence`.",
    }),
  },
  "What deliveries taught of it; null: nothing is known.",
);

export function healthBody(health: HealthView | null) {
  if (health === null) return null;
  const { state, ageDays, confidence, source } = health;
  return { state, age_days: ageDays, confidence, source };
}
