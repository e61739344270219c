/** Dead letters that are queued again. */
import { pino } from "pino";
import { expect, it } from "vitest";
import { createDeadLetters } from "../../../src/webhooks/dead-letters.ts";
import type { DeadLetter, Endpoint } from "../../../src/webhooks/types.ts";
import { memoryWebhookStore } from "../../support/memory-webhook-store.ts";

const body = '{"id":"evt_v1_1","type":"verification.ended","data":{"verification":"v1"}}';
const letter: DeadLetter = {
  ...{ endpoint: "wh_a", app: "shop", eventId: "evt_v1_1", type: "verification.ended", verification: "v1" },
  ...{ reason: "expired", tries: 12, queuedAtMs: 1000, endedAtMs: 2000, body },
};

it("one that another gateway gives up again before the replay has ended is a dead letter still, and not lost", async () => {
  const store = memoryWebhookStore();
  await store.addDeadLetters([letter]);
  const again: DeadLetter = { ...letter, reason: "gone", tries: 1, queuedAtMs: 3000, endedAtMs: 3001 };
  const queue = {
    append: async () => undefined,
    deadLetters: async () => [],
    dispose: async () => [],
    // It answers 410 at once, and the letter is moved to the records.
    due: async () => {
      await store.addDeadLetters([again]);
      return [];
    },
  };
  const deadLetters = createDeadLetters({
    ...{ store, observer: { result: () => undefined }, logger: pino({ level: "silent" }) },
    queue: queue as unknown as Parameters<typeof createDeadLetters>[0]["queue"],
  });
  await deadLetters.replay({ id: "wh_a", app: "shop" } as Endpoint, await store.deadLettersOf("wh_a", ["evt_v1_1"]));
  expect(await store.deadLettersOf("wh_a", ["evt_v1_1"])).toEqual([again]);
});

it("one that is on its way to the records while its verification is erased does not stay in them", async () => {
  const store = memoryWebhookStore();
  const waiting = { raw: body, reason: "expired" as const, tries: 12, queuedAtMs: 1000, endedAtMs: 2000, body };
  let read = false;
  const queue = {
    deadLetters: async () => (read ? [] : [waiting]),
    // The erasure looked through queue and records after it had been read.
    dispose: async () => {
      read = true;
      return ["v1"];
    },
  };
  const deadLetters = createDeadLetters({
    ...{ store, observer: { result: () => undefined }, logger: pino({ level: "silent" }) },
    queue: queue as unknown as Parameters<typeof createDeadLetters>[0]["queue"],
  });
  await deadLetters.move({ id: "wh_a", app: "shop" } as Endpoint);
  expect(store.letters.size).toBe(0);
});
