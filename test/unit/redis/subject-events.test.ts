/** Which events are somebody's: by verification, or by a recipient that stands in them as a whole. */
import { expect, test } from "vitest";
import type { RedisClient } from "../../../src/redis/client.ts";
import { streamKey } from "../../../src/redis/keys.ts";
import { streamSubjects } from "../../../src/redis/subject-events.ts";
import type { SubjectStore } from "../../../src/subjects/store-port.ts";

const subscription = JSON.stringify({ endpoint: "https://push.example/a+b?c", keys: { p256dh: "p", auth: "a" } });

async function found(to: string, data: object, verifications: readonly string[] = []) {
  const event = JSON.stringify({ id: "evt_1", data: { verification: "v1", ...data } });
  const client = { xrange: async () => [["1-0", ["event", event]]] } as unknown as RedisClient;
  const subject = { to, hash: "", verifications: new Set(verifications), is: () => false };
  const [store] = [streamSubjects(client, () => ["shop"])];
  return (await store.export(subject, null)).items.length === 1;
}

test.each([
  ["a number", "+447400123456", { to: "+447400123456" }],
  ["one of several deliveries", "+447400123456", { to: "a@b.example", deliveries: [{ to: "+447400123456" }] }],
  ["an address in another spelling", "ana@example.com", { to: "Ana@example.com" }],
  ["a subscription, which is JSON itself", subscription, { to: subscription }],
  ["JSON in a string of JSON", "+447400123456", { plan: JSON.stringify({ steps: [{ t: "+447400123456" }] }) }],
  ["a subscription in a string of JSON", subscription, { plan: JSON.stringify({ steps: [{ t: subscription }] }) }],
])("%s is found", async (_, to, data) => {
  expect(await found(to, data)).toBe(true);
});

test.each([
  ["a longer number", "+44740012345", { to: "+447400123456" }],
  ["the end of a longer address", "ana@example.com", { to: "jo-ana@example.com" }],
  ["the beginning of a longer address", "ana@example.co", { to: "ana@example.com" }],
  ["a dot that is any character", "ana@example.com", { to: "ana@exampleXcom" }],
])("%s is not", async (_, to, data) => {
  expect(await found(to, data)).toBe(false);
});

test("an event of a live check, which has no number, is found by the hash of its callee", async () => {
  const event = JSON.stringify({ id: "evt_1", data: { check: "live_1", callee: "1f0cHash" } });
  const client = { xrange: async () => [["1-0", ["event", event]]] } as unknown as RedisClient;
  const ofHash = async (hash: string) => {
    const subject = { to: "+447400123456", hash, verifications: new Set<string>(), is: () => false };
    return (await streamSubjects(client, () => ["shop"]).export(subject, null)).items.length;
  };
  expect(await ofHash("1f0cHash")).toBe(1);
  expect(await ofHash("1f0c")).toBe(0);
});

test("an event without a recipient is found by its verification", async () => {
  expect(await found("+447400123456", { outcome: "rang" }, ["v1"])).toBe(true);
  expect(await found("+447400123456", { outcome: "rang" }, ["v2"])).toBe(false);
});

test("every stream is looked through, though gateways know them in different orders", async () => {
  const looked: string[] = [];
  const client = {
    async xrange(key: string) {
      looked.push(key);
      return [];
    },
  } as unknown as RedisClient;
  const subject = { to: "+447400123456", hash: "", verifications: new Set<string>(), is: () => false };
  const gateways = [
    streamSubjects(client, () => [null, "shop", "bank", "new"]),
    streamSubjects(client, () => [null, "bank", "shop", "new"]),
  ];
  let after: string | null = null;
  let requests = 0;
  do ({ next: after } = await (gateways[requests++ % 2] as SubjectStore).export(subject, after));
  while (after !== null);
  expect(looked.sort()).toEqual([null, "bank", "new", "shop"].map(streamKey).sort());
});
