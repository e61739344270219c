/** What Redis holds for calls: who is rung now, and the places that calls take on trunks and Asterisks. */
import { Redis } from "ioredis";
import { dueKey, openInvitesKey, shards } from "../../src/redis/keys.ts";

export interface Lease {
  readonly key: string;
  /** It ends by itself in so long; negative: it should have ended. Infinity: it never does. */
  readonly endsInMs: number;
}

export interface Leases {
  /** One for each callee who has a call: nobody else may ring it meanwhile. */
  readonly callees: readonly Lease[];
  /** One for each call on a trunk, and one on its Asterisk. */
  readonly places: readonly Lease[];
  /** Whatever else is kept. */
  readonly others: readonly Lease[];
}

/** Reads Redis from the side. */
export async function readLeases(url: string): Promise<Leases> {
  const redis = new Redis(url, { lazyConnect: true });
  try {
    await redis.connect();
    const leases = { callees: [] as Lease[], places: [] as Lease[], others: [] as Lease[] };
    for await (const keys of redis.scanStream({ count: 500 })) {
      for (const key of keys as string[]) {
        if (key.startsWith("{admission}:") && key.endsWith(":calls"))
          leases.places.push(...(await placesIn(redis, key)));
        const pttl = await redis.pttl(key);
        // It ended between SCAN and now.
        if (pttl === -2) continue;
        const lease = { key, endsInMs: pttl === -1 ? Number.POSITIVE_INFINITY : pttl };
        (key.endsWith(":live") ? leases.callees : leases.others).push(lease);
      }
    }
    return leases;
  } finally {
    redis.disconnect();
  }
}

/** How many verifications are due since `lateMs` and longer, and no gateway did what is due of them. */
export async function readOverdue(url: string, lateMs: number): Promise<number> {
  const redis = new Redis(url, { lazyConnect: true });
  try {
    await redis.connect();
    const [seconds] = await redis.time();
    let overdue = 0;
    for (let shard = 0; shard < shards; shard++) {
      overdue += await redis.zcount(dueKey(shard), "-inf", Number(seconds) * 1000 - lateMs);
    }
    return overdue;
  } finally {
    redis.disconnect();
  }
}

/** How many INVITEs gateways noted as under way, so that another one can cancel them. */
export async function readOpenInvites(url: string): Promise<number> {
  const redis = new Redis(url, { lazyConnect: true });
  try {
    await redis.connect();
    let invites = 0;
    for await (const keys of redis.scanStream({ match: openInvitesKey("*"), count: 500 })) {
      for (const key of keys as string[]) invites += await redis.hlen(key);
    }
    return invites;
  } finally {
    redis.disconnect();
  }
}

/** Scores are by Redis' own clock. */
async function placesIn(redis: Redis, key: string): Promise<Lease[]> {
  const [seconds, microseconds] = await redis.time();
  const nowMs = Number(seconds) * 1000 + Number(microseconds) / 1000;
  const pairs = await redis.zrange(key, "0", "-1", "WITHSCORES");
  return pairs.flatMap((member, index) =>
    index % 2 === 0 ? [{ key: `${key} ${member}`, endsInMs: Number(pairs[index + 1]) - nowMs }] : [],
  );
}
