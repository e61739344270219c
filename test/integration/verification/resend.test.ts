import { afterEach, beforeAll, expect, it } from "vitest";
import type { RedisServer } from "../../../src/local/redis-server.ts";
import { withRuntime } from "../../support/processes.ts";
import { createWorld, shop, type World, type WorldOptions } from "./world.ts";

const runtime = withRuntime();
let redis: RedisServer;
let world: World;
let number = 0;
const somebody = () => `+4477003${String(number++).padStart(5, "0")}`;

beforeAll(async () => {
  redis = await runtime.redis();
});
afterEach(() => world.close());

async function open(options: Partial<WorldOptions> = {}): Promise<World> {
  const callInNumbers = ["+442079460001", "+442079460002", "+442079460003"];
  world = createWorld({ redis: { url: redis.url, command_timeout_ms: 800 }, callInNumbers, ...options });
  await world.ready();
  return world;
}

it("by the same channel works for a call in, which has no calls and no code: it was refused as invalid", async () => {
  const { verifications, clock } = await open();
  const { id, ...first } = await verifications.start(shop, { to: somebody(), channel: "call_in" }, null);
  clock.advance(15_000);
  const again = await verifications.resend(shop, id);
  expect(again.deliveries).toMatchObject([{ channel: "call_in" }, { channel: "call_in", state: "waiting" }]);
  expect(again.deliveries[1]?.details).not.toEqual(first.deliveries[0]?.details);
});
