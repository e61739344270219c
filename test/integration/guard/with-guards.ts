/** Guards on one real Redis of the test file, empty before each test; and how their tests ask. */
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { GuardConfig } from "../../../src/guard/config.ts";
import { withRuntime } from "../../support/processes.ts";
import { type Ask, createGuardWorld, type GuardWorld, type GuardWorldOptions, standard } from "./world.ts";

/** Only what a test is about: high thresholds everywhere else. */
export const quiet = {
  ...standard.learned,
  ...{ country_day_floor: 1e6, prefix_day_floor: 1e6, app_day_floor: 1e6, ip_day_floor: 1e6, domain_day_floor: 1e6 },
};

export function limits(changed: Partial<GuardConfig["limits"]>): GuardConfig["limits"] {
  return { ...standard.limits, ...changed };
}

/** Decides `count` times, one after the other. @returns of each the rule, and before it what it meant where that is no start */
export async function many(world: GuardWorld, count: number, ask: (i: number) => Ask): Promise<(string | null)[]> {
  const decisions: (string | null)[] = [];
  for (let i = 0; i < count; i++) {
    const { kind, decision } = await world.decide(ask(i));
    decisions.push(kind === "allow" ? decision : `${kind} ${decision}`);
  }
  return decisions;
}

/** Call it at the top of a test file. All guards end with their test. */
export function withGuards() {
  const runtime = withRuntime();
  const worlds: GuardWorld[] = [];
  let redis: Redis;
  let url: string;
  beforeAll(async () => {
    url = (await runtime.redis()).url;
    redis = new Redis(url);
  });
  beforeEach(() => redis.flushall());
  afterEach(async () => {
    await Promise.all(worlds.splice(0).map((world) => world.close()));
  });
  afterAll(() => redis.disconnect());

  /** One whose Redis is not there, for instance. */
  function add(options: GuardWorldOptions): GuardWorld {
    const world = createGuardWorld(options);
    worlds.push(world);
    return world;
  }
  return {
    redis: () => redis,
    add,
    async open(options: Omit<GuardWorldOptions, "redis"> = {}): Promise<GuardWorld> {
      const world = add({ redis: { url }, ...options });
      await world.store.firstTried();
      return world;
    },
  };
}
