/** Whether verifications can be started here now. */
import type { Clock } from "../../shared/clock.ts";
import { deferred } from "../../shared/deferred.ts";
import type { ReadinessAnswer } from "./schemas.ts";
import { shared } from "./shared.ts";

export interface Readiness {
  readonly ready: boolean;
  readonly redis: boolean;
  readonly trunks: readonly {
    readonly trunk: string;
    readonly usable: boolean;
    /** By its own evidence: an open circuit breaker alone does not make a gateway not ready. */
    readonly reachable: boolean;
    readonly why: string;
  }[];
  readonly draining: boolean;
  /** Verifications go on without them. */
  readonly records?: { readonly backend: string | null; readonly up: boolean };
  /** Without it each channel is up as long as the trunks are. */
  readonly channels?: readonly {
    readonly channel: string;
    readonly up: boolean;
    readonly detail: string;
  }[];
  /** Events that wait for what takes them. That makes no gateway unready: verifications go on. */
  readonly events?: readonly {
    readonly cursor: string;
    readonly waiting: number;
    readonly oldestMs: number;
  }[];
}

/** Below the usual timeout of a probe (Kubernetes: 1 s is the default, 3 s are common). */
const deadlineMs = 900;
/** Probes have no rate limit, so that other clients cannot exhaust it; this bounds their cost instead. */
const maxLooksPerSecond = 20;

const notReady: Readiness = { ready: false, redis: false, trunks: [], draining: false, channels: [] };

/**
 * Checks at most once at a time and 20 times a second for any number of probes; above that the latest result counts. A
 * check that fails or exceeds its deadline counts as not ready. Draining is always current.
 */
export function createReadinessProbe(
  readiness: () => Promise<Readiness>,
  isDraining: () => boolean,
  clock: Clock,
): () => Promise<ReadinessAnswer> {
  const ask = shared(async () => (await withinDeadline(readiness, clock)) ?? notReady, maxLooksPerSecond, clock);

  return async () => {
    const found = await ask();
    const draining = found.draining || isDraining();
    const { channels = [] } = found;
    const anyTrunk = found.trunks.some((trunk) => trunk.reachable);
    const missing = [
      ...(found.redis ? [] : ["redis"]),
      // One way that works is enough; which ones do not is said below.
      ...(anyTrunk || channels.some(({ up }) => up) ? [] : ["trunk"]),
      ...(draining ? ["draining"] : []),
    ];
    return {
      ready: found.ready && missing.length === 0,
      missing,
      redis: found.redis,
      trunks: found.trunks.map(({ trunk, usable, reachable, why }) => ({ trunk, usable, reachable, why })),
      channels: channels.map(({ channel, up, detail }) => ({ channel, up, detail })),
      ...(found.records && { records: { backend: found.records.backend ?? "off", up: found.records.up } }),
      events: (found.events ?? []).map(({ cursor, waiting, oldestMs }) => ({
        ...{ cursor, waiting },
        oldest_seconds: Math.round(oldestMs / 1000),
      })),
      draining,
    };
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
