/** Receipts and the store: what happens while it is away, and how many there are at once. */
import { expect, it } from "vitest";
import type { ReceiptResult } from "../../../../src/channels/messages/events.ts";
import type { ReceiptStore } from "../../../../src/channels/messages/receipt-store-port.ts";
import { createReceipts, submitted } from "../../../../src/channels/messages/receipts.ts";
import { deferred } from "../../../../src/shared/deferred.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import type { ChannelCore } from "../../../../src/verification/channel-port.ts";
import { createHashes } from "../../../../src/verification/hashes.ts";
import { ManualClock } from "../../../support/manual-clock.ts";

const owner = { app: "shop", id: "v1", attempt: 1 };
const away = () => Promise.reject(new Refusal("store_unavailable", "away"));

function setting(store: Partial<ReceiptStore>) {
  const clock = new ManualClock();
  const results: ReceiptResult[] = [];
  const lines: unknown[] = [];
  const log = (...line: unknown[]) => void lines.push(line);
  const core = {
    clock,
    hashes: createHashes("a key that only this test has, of 32 characters and more"),
    logger: { info: log, warn: log, error: log },
    batchTimer: { next: async () => undefined, flush: () => undefined },
  } as unknown as ChannelCore;
  const receipts = createReceipts({
    ...{ channel: "memory", core, store: { remember: away, take: away, ...store } },
    keep: (result) => result,
    publish: (_type, { result }) => void results.push(result),
  });
  return { clock, results, lines, receipts };
}

it("a message is remembered when the store is back after a failover", async () => {
  let failures = 2;
  const { clock, receipts, results } = setting({
    remember: () => (failures-- > 0 ? away() : Promise.resolve({ state: "delivered", reason: null, result: null })),
  });
  const remembered = receipts.remember("id", owner);
  for (const ms of [100, 1000]) {
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(ms);
  }
  expect(await remembered).toEqual({ state: "delivered" });
  expect(results).toEqual(["claimed"]);
});

it("a message is given up when the store stays away, and the log names neither id nor recipient", async () => {
  const { clock, receipts, lines } = setting({});
  const remembered = receipts.remember("provider-id", owner);
  for (let tries = 0; tries < 4; tries++) {
    await expect.poll(() => clock.pending).toBe(1);
    clock.advance(15_000);
  }
  expect(await remembered).toBeNull();
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain("provider-id");
});

it("receipts over the most at once are refused, and taken again once the others are done", async () => {
  const { promise, resolve } = deferred<{ kind: "early" }>();
  const { receipts, results } = setting({ take: () => promise });
  const receipt = { receiptId: "id", report: { state: "delivered" } } as const;
  const taken = Array.from({ length: 2000 }, () => receipts.receive(receipt));
  expect(await receipts.receive(receipt)).toBe(false);
  expect(results).toEqual(["dropped"]);
  resolve({ kind: "early" });
  expect(new Set(await Promise.all(taken))).toEqual(new Set([true]));
  expect(await receipts.receive(receipt)).toBe(true);
});

it("a message that a second route refused costs nothing, where the first one has no price too", () => {
  const refused = { state: "failed", reason: "rejected", result: { route: "two", cost: 0.2 } } as const;
  expect(submitted(refused, null)).toMatchObject({ result: { route: "two", cost: 0 } });
  // Where neither has one there is none.
  expect(submitted({ state: "failed", reason: "rejected" }, null)).not.toHaveProperty("result");
});
