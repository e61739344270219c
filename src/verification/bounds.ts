/** What an app's profile refuses before a delivery begins: callees outside of its prefixes, calls in quiet hours. */
import type { ProfileBounds } from "../apps/bounds.ts";
import type { AppProfile } from "../apps/profile.ts";
import { quietForMs } from "../apps/quiet-hours.ts";
import { isOutside, outside } from "../numbers/policy.ts";
import { minuteOfDay, zonesOf } from "../numbers/time-zones.ts";
import { Refusal } from "../shared/refusal.ts";
import type { DeliveryOrder } from "./channel-port.ts";

/**
 * For how long callees of this country are not called, in ms; null: they may be now.
 * @param country ISO 3166; null: the recipient is no phone
 */
export function quietHours(
  { quietHours: quiet }: Pick<ProfileBounds, "quietHours">,
  country: string | null,
  nowMs: number,
): number | null {
  return quiet === null || country === null ? null : quietForMs(quiet, zonesOf(country), nowMs, minuteOfDay);
}

/**
 * Of a start the prefixes were looked at before; a step or a choice comes later, and the profile may have changed.
 * @param rings whether the delivery is a call
 * @throws {Refusal} `number_not_callable`, `quiet_hours`
 */
export function refuseOutOfBounds(
  { bounds, country, to }: Pick<DeliveryOrder, "bounds" | "country" | "to">,
  rings: boolean,
  nowMs: number,
): void {
  if (bounds === undefined || country === null) return;
  if (isOutside(bounds, to)) throw new Refusal(outside.code, outside.detail);
  const waitMs = rings ? quietHours(bounds, country, nowMs) : null;
  if (waitMs === null) return;
  throw new Refusal(
    "quiet_hours",
    "Numbers of this country are not called at this hour (apps.<name>.quiet_hours).",
    waitMs,
  );
}

/** Whether a start ends with this refusal although another channel follows. */
export function endsStart({ code }: Refusal, { quietHours: quiet }: Pick<AppProfile, "quietHours">): boolean {
  return code === "quiet_hours" && quiet?.action !== "skip";
}
