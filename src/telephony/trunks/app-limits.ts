/** The limits of one app, as call admission control counts them. */
import type { AppLimitsConfig, LimitsConfig } from "../../apps/limits-config.ts";
import { calleePrefix } from "../../numbers/callee-prefix.ts";
import type { Caller } from "./admission-port.ts";

/** The sections of the configuration that limit each app's calls. */
export interface CallerLimitsConfig {
  readonly limits: Pick<LimitsConfig, "apps">;
  readonly apps: Readonly<Record<string, { readonly limits?: AppLimitsConfig }>>;
}

/**
 * The app and the callee of a call with the limits that hold for them: the app's own, else those of `limits.apps`.
 * @param isNext the same call again over another trunk, or the second call of a code: counted once
 */
export function callerOf(config: CallerLimitsConfig, app: string, callee: string, isNext: boolean): Caller {
  const { limits } = config;
  const own = { ...limits.apps, ...(Object.hasOwn(config.apps, app) ? config.apps[app]?.limits : undefined) };
  return {
    app,
    prefix: calleePrefix(callee),
    weight: own.weight ?? 1,
    sharesTrunks: Object.keys(config.apps).length > 1,
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
