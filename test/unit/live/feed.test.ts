/** What a gateway keeps of a stream in its memory, for clients that come back. */
import { expect, it } from "vitest";
import type { Batch } from "../../../src/live/batch.ts";
import { Feed } from "../../../src/live/feed.ts";
import { anEvent } from "../../support/public-events.ts";

const entryOf = (seq: number) => {
  const event = anEvent("shop", "v1", seq);
  return { id: `${seq}-0`, event, json: JSON.stringify(event) };
};

it("is handed to clients for seconds, not for as long as no newer event comes: it may have been erased since", async () => {
  let nowMs = 0;
  const feed = new Feed("shop", "0-0", () => nowMs);
  await feed.take([entryOf(1)]);
  nowMs += 6000;
  await feed.take([entryOf(2)]);
  const join = (position: string) => {
    const got: string[] = [];
    const client = { take: (batch: Batch) => void got.push(batch.last), missed: () => undefined };
    const isNear = feed.join(client, position);
    feed.leave(client);
    return [isNear, ...got];
  };
  expect(join("0-0")).toEqual([true, "1-0", "2-0"]);
  nowMs += 6000;
  // It has to read what the stream still has.
  expect(join("0-0")).toEqual([false]);
  expect(join("1-0")).toEqual([true, "2-0"]);
  nowMs += 60_000;
  expect(join("1-0")).toEqual([false]);
  expect(join("2-0")).toEqual([true]);
});
