/** One of ten endpoints is dead: what that costs the others. At the whole rate by `npm run bench -- webhooks`. */
import { expect, it } from "vitest";
import { withRuntime } from "../support/processes.ts";
import { deliverWithOneDead } from "../support/webhooks/one-dead.ts";
import { withReceivers } from "../support/webhooks/receiver.ts";

const runtime = withRuntime();
const receivers = withReceivers();
/** Other tests run on the same two cores. */
const deliveriesPerSecond = Number(process.env.ONERING_TEST_WEBHOOK_RATE ?? 300);
const seconds = Number(process.env.ONERING_TEST_WEBHOOK_SECONDS ?? 5);

it("a dead endpoint among ten delays the others by less than a second at p99, and is tried seldom", async () => {
  const redis = await runtime.redis();
  const found = await deliverWithOneDead({
    ...{ redisUrl: redis.url, start: receivers.start, deliveriesPerSecond, seconds },
  });
  expect(found.delivered).toBe(found.expected);
  expect(found.p99Ms).toBeLessThan(1000);
  // Of hundreds of events: the first few, then one at a time while its circuit is open.
  expect(found.triedDead).toBeLessThanOrEqual(16);
}, 120_000);
