import { Type } from "typebox";
import type { HealthView } from "../../numbers/lookup/types.ts";
import { nullableObject } from "../schemas.ts";

export const HealthField = nullableObject(
  {
    state: Type.String(),
    age_days: Type.Number({ description: "Of the newest evidence." }),
    confidence: Type.Number({ minimum: 0, maximum: 1, description: "Decays with age." }),
    source: Type.String(),
  },
  "What deliveries taught of it; null: nothing is known.",
);

export function healthBody(health: HealthView | null) {
  if (health === null) return null;
  const { state, ageDays, confidence, source } = health;
  return { state, age_days: ageDays, confidence, source };
}
