/** How long the answer of a call is given again. */
import type { CallAnswer } from "./ports.ts";

/** Of a call that no phone can have seen and that taught nothing, such as one that no trunk carried. */
const shortMs = 300_000;

/** @param repeatMs `live_check.repeat_hours` */
export function rememberedMs(
  { reading, mayStillRing, invited }: Pick<CallAnswer & { kind: "ended" }, "reading" | "mayStillRing" | "invited">,
  repeatMs: number,
): number {
  const { state, reason, evidence } = reading;
  // Many trunks signal no alerting: that none was seen says nothing of a call that was on its way.
  const mayHaveRung =
    mayStillRing ||
    (invited && reason !== "not_carried") ||
    evidence === null ||
    evidence.alerted ||
    evidence.progress ||
    evidence.falseAnswer;
  return state !== "unknown" || mayHaveRung ? repeatMs : Math.min(shortMs, repeatMs);
}
