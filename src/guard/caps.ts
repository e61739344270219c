/** Quotas and spend caps of a UTC day: which of them a delivery counts in, and how a reached one is called. */
import type { AppCapsConfig } from "../apps/caps-config.ts";
import type { CapBucket } from "./counter-port.ts";

/** In the currency's millionths: sums of integers are exact. */
export const microsOf = (amount: number) => Math.round(amount * 1e6);

/** A cap without a limit counts nothing. */
function bucket(app: string | null, country: string | null, caps: Limits | undefined): CapBucket[] {
  const { deliveries_per_day: deliveries, spend_per_day: spend } = caps ?? {};
  if (deliveries === undefined && spend === undefined) return [];
  const maxMicros = spend === undefined ? null : microsOf(spend);
  return [{ app, country, maxDeliveries: deliveries ?? null, maxMicros }];
}

type Limits = Pick<AppCapsConfig, "deliveries_per_day" | "spend_per_day">;

/** Caps of all apps first. @param country of the recipient */
export function capsOf(
  all: AppCapsConfig,
  app: string,
  own: AppCapsConfig | null,
  country: string | null,
): readonly CapBucket[] {
  return [
    ...bucket(null, null, all),
    ...(country === null ? [] : bucket(null, country, all.countries[country])),
    ...(own === null ? [] : bucket(app, null, own)),
    ...(own === null || country === null ? [] : bucket(app, country, own.countries[country])),
  ];
}

/** Caps of all apps together: what they measured is the operator's to see. */
export const gatewayCaps: ReadonlySet<string> = new Set(["cap_gateway", "cap_gateway_country"]);

/** `cap_gateway`, `cap_gateway_country`, `cap_app`, `cap_app_country`. */
export function capName({ app, country }: CapBucket): string {
  return `cap_${app === null ? "gateway" : "app"}${country === null ? "" : "_country"}`;
}
