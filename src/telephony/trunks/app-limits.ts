/** The limits of one app, as call admission control counts them. */
import type { AppDirectory } from "../../apps/directory.ts";
import type { LimitsConfig } from "../../apps/limits-config.ts";
import { calleePrefix } from "../../numbers/callee-prefix.ts";
import type { Caller } from "./admission-port.ts";

/** What limits each app's calls. */
export interface CallerLimits {
  /** `limits` of the configuration. */
  readonly limits: Pick<LimitsConfig, "apps">;
  readonly apps: Pick<AppDirectory, "profileOf" | "size">;
}

/**
 * The app and the callee of a call with the limits that hold for them: the app's own, else those of `limits.apps`.
 * @param isNext the same call again over another trunk, or the second call of a code: counted once
 */
export function callerOf({ limits, apps }: CallerLimits, app: string, callee: string, isNext: boolean): Caller {
  const own = { ...limits.apps, ...apps.profileOf(app).limits };
  return {
    app,
    prefix: calleePrefix(callee),
    weight: own.weight ?? 1,
    sharesTrunks: apps.size > 1,
    isNext,
    app_calls_per_second: own.calls_per_second ?? null,
    app_concurrent_calls: own.max_concurrent_calls ?? null,
    app_calls_per_day: own.calls_per_day ?? null,
    app_answered_per_day: own.answered_per_day ?? null,
    prefix_calls_per_second: own.prefix_calls_per_second ?? null,
    prefix_concurrent_calls: own.prefix_max_concurrent_calls ?? null,
    prefix_calls_per_day: own.prefix_calls_per_day ?? null,
  };
}
