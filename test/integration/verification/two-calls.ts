/** A world for verifications by two calls; each test file calls `withTwoCalls` at its top. */
import { afterEach, beforeAll } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { newestOf, type Verification } from "../../../src/verification/types.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { createWorld, longestCallMs, secondCallGapMs, shop, type World, type WorldOptions } from "./world.ts";

let redis: RedisServer;
/** That of the test that runs. */
export let world: World;
let number = 0;
/** The first call's deadline leaves time for the gap, for a line and for the store. */
export const firstCallMs = longestCallMs + secondCallGapMs + 5000;

export function withTwoCalls(): void {
  const runtime = withRuntime();
  beforeAll(async () => {
    redis = await runtime.redis();
  });
  afterEach(() => world.close());
}

export async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  world = createWorld({ redis: patientRedis(redis.url), ...options });
  await world.ready();
  return world;
}
export const somebody = () => `+4477003${String(number++).padStart(5, "0")}`;
/** A verification and its newest delivery in one object. */
export const flat = (verification: Verification) => ({
  ...verification,
  ...newestOf(verification),
  id: verification.id,
});
export const start = async (to = somebody()) => flat(await world.verifications.start(shop, { to, calls: 2 }, null));
/** Time stands still here, and with it the timer at which updates are written. */
export const look = (id: string) => {
  world.store.batchTimer.flush();
  return world.verifications.get(shop, id).then(flat);
};
export const rings = () => {
  world.lastCall().ringing();
  return world.verifications.settled();
};
export const codeOf = ([first, second] = world.placed) => `${first?.code}${second?.code}`;
