/** Bounds what one source may ask of us, and remembers which calls were reported. */
export interface SourceLimits {
  /** Far above the limit: an answer, too, costs too much. Counts nothing. */
  flooded(source: string): boolean;
  /** Counts one request. False: above the limit. */
  take(source: string): boolean;
}

/** Sources with a count: each is a configured trunk's. */
const maxSources = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket for each source: `perSecond` requests, as many at once. Above it as many again are to be refused; then it is
 * flooded.
 * @param nowMs monotonic
 */
export function createSourceLimits(perSecond: number, nowMs: () => number): SourceLimits {
  const buckets = new Map<string, Bucket>();
  function refilled(source: string): Bucket {
    const now = nowMs();
    let bucket = buckets.get(source);
    if (bucket === undefined) {
      if (buckets.size >= maxSources) buckets.clear();
      bucket = { tokens: perSecond, atMs: now };
      buckets.set(source, bucket);
    }
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.atMs) * perSecond) / 1000);
    bucket.atMs = now;
    return bucket;
  }
  return {
    flooded: (source) => refilled(source).tokens <= -perSecond,
    take(source) {
      const bucket = refilled(source);
      bucket.tokens = Math.max(-perSecond, bucket.tokens - 1);
      return bucket.tokens >= 0;
    },
  };
}

/** As long as a UDP client repeats an INVITE: 64 × T1 (RFC 3261 section 17.1.1.2). */
const rememberMs = 32_000;
/** In each half of that time. */
const maxRemembered = 20_000;

export interface RecentInvites {
  /** `again`: with the same branch, when its transaction had ended; `merged`: by another way (section 8.2.2.2). */
  seen(call: string, branch: string): "first" | "again" | "merged";
}

/** Two halves of which the older is let go as a whole: no timer for each call. @param nowMs monotonic */
export function createRecentInvites(nowMs: () => number): RecentInvites {
  let newer = new Map<string, string>();
  let older = newer;
  let turnAtMs = Number.NEGATIVE_INFINITY;
  return {
    seen(call, branch) {
      const now = nowMs();
      if (now >= turnAtMs || newer.size >= maxRemembered) {
        // After a pause nothing of the newer half counts either.
        older = now >= turnAtMs + rememberMs ? new Map() : newer;
        newer = new Map();
        turnAtMs = now + rememberMs;
      }
      const first = newer.get(call) ?? older.get(call);
      if (first !== undefined) return first === branch ? "again" : "merged";
      newer.set(call, branch);
      return "first";
    },
  };
}
