/** A world with made-up message channels beside missed call; each test file calls `withWorkflowWorld` at its top. */
import { Redis } from "ioredis";
import { afterEach, beforeAll, expect } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import type { Outcome } from "../../../src/telephony/calls/outcome.ts";
import type { Verification } from "../../../src/verification/types.ts";
import { type Letters, letterChannel } from "../../support/letter-channel/index.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, result, shop, type World, type WorldOptions } from "./world.ts";

let redis: RedisServer;
let number = 0;
const worlds: World[] = [];
/** Of the test that runs: free, one that costs money, and one to addresses. */
export let post: Letters;
export let wire: Letters;
export let mail: Letters;
export let world: World;

export function withWorkflowWorld(): void {
  const runtime = withRuntime();
  beforeAll(async () => {
    redis = await runtime.redis();
  });
  afterEach(async () => {
    for (const one of worlds.splice(0)) await one.close();
  });
}

/** Redis is empty then: what other tests left would be due here too. */
export async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const raw = new Redis(redis.url);
  await raw.flushall();
  raw.disconnect();
  post = letterChannel("post");
  wire = letterChannel("wire", { costs: true, cost: 0.05 });
  mail = letterChannel("mail", { proves: "email" });
  const extraChannels = [post, wire, mail];
  world = createWorld({ redis: patientRedis(redis.url), extraChannels, ...options });
  worlds.push(world);
  await world.ready();
  return world;
}

/** For what else of a gateway lies on the Redis of `open`. */
export const redisUrl = () => redis.url;

/** Another gateway on the same Redis, with the same clock. */
export async function another(options: Partial<WorldOptions> = {}) {
  const own = { post: letterChannel("post"), wire: letterChannel("wire", { costs: true }) };
  const extraChannels = [own.post, own.wire, letterChannel("mail", { proves: "email" })];
  const there = createWorld({
    redis: patientRedis(redis.url),
    ...{ clock: world.clock, extraChannels, ...options },
  });
  worlds.push(there);
  await there.ready();
  return { there, ...own };
}

export const somebody = () => `+4477005${String(number++).padStart(5, "0")}`;
export const fallback = [{ channel: "missed_call" }, { channel: "post" }];
export const begin = (
  workflow: readonly { channel: string; to?: string; waitMs?: number }[] = fallback,
  to = somebody(),
) => world.verifications.start(shop, { to, workflow }, null);
/** Set-up limit of a missed call here, and the wait that follows by default. */
export const setUpMs = 25_000;
export const waitMs = 30_000;
export const look = async (id: string) => {
  await world.verifications.settled();
  return world.verifications.get(shop, id);
};
/** `channel state` of each delivery. */
export const states = ({ deliveries }: Verification) => deliveries.map(({ channel, state }) => `${channel} ${state}`);
/** The newest call fails before the phone rings. */
export async function callFails(outcome: Outcome = "switched_off") {
  world.lastCall().ended(result({ outcome, alerted: false }));
  await world.verifications.settled();
}
export async function passes(ms: number): Promise<void> {
  world.clock.advance(ms);
  await world.verifications.settleDue();
}
export const posts = (count: number, channel = post) => expect.poll(() => channel.posted.length).toBe(count);
