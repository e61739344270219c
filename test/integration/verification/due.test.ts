/** What is due, on a real Redis: also where a gateway cannot begin the steps among it. */
import { expect, it } from "vitest";
import { shards } from "../../../src/redis/keys.ts";
import { createHashes } from "../../../src/verification/hashes.ts";
import { open, passes, post, withWorkflowWorld, world } from "./workflow-world.ts";
import { hmacKey, settings, shop } from "./world.ts";

withWorkflowWorld();

const hashes = createHashes(hmacKey);
const ttlMs = settings.ttl_seconds * 1000;

/** Numbers whose verifications lie in one shard. */
function inOneShard(count: number): readonly string[] {
  const found: string[] = [];
  for (let number = 0; found.length < count; number++) {
    const to = `+4477${String(number).padStart(8, "0")}`;
    if (Number.parseInt(hashes.callee(to).bucket, 16) % shards === 7) found.push(to);
  }
  return found;
}

it("steps that it does not begin neither keep a gateway asking nor hide what ends behind them", async () => {
  const { verifications, clock } = await open({ settings: { start_gap_seconds: 0 } });
  const [first = "", ...others] = inOneShard(121);
  const { id } = await verifications.start(shop, { to: first, channel: "post" }, null);
  await post.posted[0]?.becomes("sent");
  clock.advance(ttlMs - 60_000);
  const workflow = [{ channel: "post", waitMs: 0 }, { channel: "missed_call" }];
  for (const to of others) await verifications.start(shop, { to, workflow }, null);
  await Promise.all(post.posted.slice(1).map((letter) => letter.becomes("sent")));
  // As a gateway that stops, and one that has as many steps as it can take.
  await verifications.drain(0);
  await passes(60_000);
  expect(world.events.filter(({ type }) => type === "verification.ended")).toMatchObject([
    { data: { verification: id, status: "expired" } },
  ]);
  expect(world.placed).toEqual([]);
}, 30_000);
