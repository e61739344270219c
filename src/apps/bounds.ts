/** The bounds of an app's profile, as the parts of the gateway read them when a delivery begins or a check is made. */

/** Hours of the day without calls, in minutes from midnight of the callee's local time; `to` may be below `from`. */
export interface QuietHours {
  readonly from: number;
  readonly to: number;
  /** `skip`: a start goes on with its next channel. */
  readonly action: "refuse" | "skip";
}

/** Each null: as the gateway. Values are within the gateway's own limits (config/profiles.ts). */
export interface ProfileBounds {
  readonly ttlMs: number | null;
  readonly maxChecks: number | null;
  /** Deliveries of one verification. */
  readonly maxDeliveries: number | null;
  /** Of missed calls. */
  readonly ringMs: number | null;
  /** Digits of derived codes; also the fewest that a start may ask for. */
  readonly codeLength: number | null;
  /** Names of caller-ID ranges. */
  readonly ranges: readonly string[] | null;
  /** Starts of callees' numbers in E.164. */
  readonly allowedPrefixes: readonly string[] | null;
  readonly deniedPrefixes: readonly string[] | null;
  readonly quietHours: QuietHours | null;
}

export const noBounds: ProfileBounds = {
  ...{ ttlMs: null, maxChecks: null, maxDeliveries: null, ringMs: null, codeLength: null, ranges: null },
  ...{ allowedPrefixes: null, deniedPrefixes: null, quietHours: null },
};

/** The keys as a configuration gives them. */
export interface GivenBounds {
  readonly ttl_seconds?: number;
  readonly max_checks?: number;
  readonly max_deliveries?: number;
  readonly ring_ms?: number;
  readonly code_length?: number;
  readonly ranges?: readonly string[];
  readonly allowed_prefixes?: readonly string[];
  readonly denied_prefixes?: readonly string[];
  readonly quiet_hours?: { readonly from: string; readonly to: string; readonly action?: QuietHours["action"] };
}

export function boundsOf(app: GivenBounds): ProfileBounds {
  const { ttl_seconds: ttl, quiet_hours: quiet } = app;
  return {
    ttlMs: ttl === undefined ? null : ttl * 1000,
    maxChecks: app.max_checks ?? null,
    maxDeliveries: app.max_deliveries ?? null,
    ringMs: app.ring_ms ?? null,
    codeLength: app.code_length ?? null,
    ranges: app.ranges ?? null,
    allowedPrefixes: app.allowed_prefixes ?? null,
    deniedPrefixes: app.denied_prefixes ?? null,
    quietHours:
      quiet === undefined
        ? null
        : { from: minutesOf(quiet.from), to: minutesOf(quiet.to), action: quiet.action ?? "refuse" },
  };
}

/** `21:30` → 1290 */
function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
