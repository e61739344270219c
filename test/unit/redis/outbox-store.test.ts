/** What a gateway reads of an outbox beside the script that says which entries are its own. */
import { expect, it } from "vitest";
import { createOutboxes } from "../../../src/redis/outbox-store.ts";
import type { Reply } from "../../../src/redis/run.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";

it("is nothing while another gateway has the lease", async () => {
  const reads: unknown[][] = [];
  const replies: Reply[] = [
    ["taken", "1", 0, "0-0", "5-0", 1],
    ["empty", 0, 0],
    ["leased", 1000],
    ["leased", 1000],
    ["leased", 1000],
  ];
  const outboxes = createOutboxes({
    run: async () => replies.shift() ?? [],
    command: async (...words) => {
      reads.push(words);
      return [["5-0", ["e", "evt_1", "t", "type", "a", "", "v", "{}"]]];
    },
    ...{ outbox: { perShard: false, maxEntries: 1000 }, shards: 1, cursors: ["live"], random: cryptoRandom },
  });
  const take = () => outboxes.take(0, "live", 100, null);
  expect((await take()).kind).toBe("taken");
  expect((await take()).kind).toBe("empty");
  // As it goes on itself: what comes next is read in the same write.
  expect(reads).toHaveLength(2);
  for (let look = 0; look < 3; look++) expect((await take()).kind).toBe("leased");
  expect(reads).toHaveLength(3);
});
