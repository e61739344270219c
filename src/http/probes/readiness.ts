/** Can verifications be started here now? */
import type { Clock } from "../../shared/clock.ts";
import { deferred } from "../../shared/deferred.ts";
import type { ReadinessAnswer } from "./schemas.ts";

export interface Readiness {
  readonly ready: boolean;
  readonly redis: boolean;
  readonly trunks: readonly { readonly trunk: string; readonly usable: boolean; readonly why: string }[];
  readonly draining: boolean;
}

/** Below the usual time-out of a probe (Kubernetes: 1 s is the default, 3 s are common). */
const deadlineMs = 900;

/**
 * Asks at most once at a time, however many ask: probes of many balancers cost one look at Redis.
 * What does not answer in time, or fails, is not ready.
 */
export function createReadinessProbe(
  readiness: () => Promise<Readiness>,
  isDraining: () => boolean,
  clock: Clock,
): () => Promise<ReadinessAnswer> {
  let underWay: Promise<ReadinessAnswer> | null = null;

  async function ask(): Promise<ReadinessAnswer> {
    const found = (await withinDeadline(readiness, clock)) ?? {
      ready: false,
      redis: false,
      trunks: [],
      draining: false,
    };
    const draining = found.draining || isDraining();
    const missing = [
      ...(found.redis ? [] : ["redis"]),
      ...(found.trunks.some((trunk) => trunk.usable) ? [] : ["trunk"]),
      ...(draining ? ["draining"] : []),
    ];
    return {
      ready: found.ready && missing.length === 0,
      missing,
      redis: found.redis,
      trunks: [...found.trunks],
      draining,
    };
  }

  return () => {
    underWay ??= ask().finally(() => {
      underWay = null;
    });
    return underWay;
  };
}

/** @returns null where it failed or took too long */
async function withinDeadline(readiness: () => Promise<Readiness>, clock: Clock): Promise<Readiness | null> {
  const { promise: late, resolve } = deferred<null>();
  const cancel = clock.after(deadlineMs, () => resolve(null));
  try {
    return await Promise.race([readiness().catch(() => null), late]);
  } finally {
    cancel();
  }
}
