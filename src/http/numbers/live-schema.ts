import { Type } from "typebox";
import type { LiveView } from "../../numbers/lookup/types.ts";
import { nullableObject, oneOf, time } from "../schemas.ts";

export const LiveField = nullableObject(
  {
    state: oneOf(["reachable", "switched_off", "unallocated", "unknown"], "What the network said."),
    evidence: Type.Record(Type.String(), Type.Unknown(), { description: "What that rests on." }),
    checked_at: time("When the network was asked."),
  },
  "With `live: true`; null otherwise.",
);

export function liveBody(live: LiveView | null) {
  if (live === null) return null;
  return { state: live.state, evidence: { ...live.evidence }, checked_at: new Date(live.checkedAtMs).toISOString() };
}
