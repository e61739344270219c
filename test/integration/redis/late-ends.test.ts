/** The end of a voice call whose code was read out before the person chose another channel, on a real Redis. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { messageMachine } from "../../../src/channels/messages/machine.ts";
import { voiceMachine } from "../../../src/channels/voice/machine.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import type { BeginDelivery, VerificationStore } from "../../../src/verification/store-port.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings, settings } from "../verification/world.ts";

const runtime = withRuntime();
const clock = manualClock();
const folder = new URL("../../../src/channels/", import.meta.url);
const channels = [
  {
    ...({ name: "voice", codes: "derived", reportsCalls: true, machine: voiceMachine } as const),
    scripts: { start: new URL("voice/lua/start.lua", folder) },
  },
  {
    ...({ name: "sms", codes: "derived", machine: messageMachine } as const),
    scripts: { start: new URL("messages/lua/start.lua", folder) },
  },
];
let store: Store;
let verifications: VerificationStore & Pick<ReturnType<Store["verifications"]>, "history">;
let number = 0;

beforeAll(async () => {
  const { url } = await runtime.redis();
  const redis = patientRedis(url);
  store = createStore({ redis, reputation: careSettings, clock, testTime: true, logger: pino({ level: "silent" }) });
  verifications = store.verifications({ verification: { ...settings, start_gap_seconds: 0 }, apps: 1 }, channels);
  while (!(await store.ping())) await new Promise((resolve) => setImmediate(resolve));
});
afterAll(() => store.close());

const code = ["hash of the code", "hash of the next", 6, "derived 1 key key"];

async function begin(id: string, mode: BeginDelivery["mode"], channel: "voice" | "sms"): Promise<void> {
  const delivery: BeginDelivery = {
    ...{ mode, app: "shop", id, channel, callee: { bucket: "0000", hash: `callee${id}` }, to: "+447700900123" },
    ...{ country: "GB", reference: null, metadata: null, session: null, cost: null, recipient: null, step: null },
    ...{ workflow: null, client: null, guard: null, simulated: null },
  };
  const own = channel === "voice" ? [60_000, 60_000, 10, 600_000, "{}", "caller ID"] : ['{"sender":null}', 15_000];
  expect(await verifications.begin(delivery, [...code, ...own])).toMatchObject({ kind: "begun" });
}

it("keeps its price, and is told once, though an SMS has begun since", async () => {
  const id = `v0000${String(number++).padStart(22, "0")}`;
  const change = (attempt: number, event: string, more: object = {}) =>
    verifications.change({ app: "shop", id, attempt, event, reason: null, ...more });
  await begin(id, "new", "voice");
  for (const event of ["calling", "ringing", "answered", "spoken"]) await change(1, event);
  await begin(id, "again", "sms");
  await change(2, "sent");
  const end = { reason: "answered", result: { outcome: "answered", talkMs: 31_000 }, cost: 0.12 };
  // The answer to the first write may have been lost.
  await change(1, "delivered", end);
  await change(1, "delivered", end);
  const seen = await verifications.read("shop", id);
  expect(seen).toMatchObject({
    verification: {
      status: "delivered",
      deliveries: [
        { channel: "voice", cost: 0.12 },
        { channel: "sms", cost: null },
      ],
    },
  });
  const kept = await verifications.history("shop", id);
  const calls = kept?.events.filter(({ kind }) => kind === "call");
  expect(calls).toMatchObject([{ number: 1, part: 1, channel: "voice" }]);
  expect(kept?.delivery(1)?.result).toMatchObject({ talkMs: 31_000 });
});

it("keeps its price too where the call was given up as lost before, and stays failed", async () => {
  const id = `v0000${String(number++).padStart(22, "0")}`;
  const change = (attempt: number, event: string, more: object = {}) =>
    verifications.change({ app: "shop", id, attempt, event, reason: null, ...more });
  await begin(id, "new", "sms");
  await change(1, "sent");
  await begin(id, "again", "voice");
  for (const event of ["calling", "ringing", "answered"]) await change(2, event);
  // Its gateway was frozen.
  clock.advance(60_000);
  await begin(id, "again", "sms");
  await change(3, "sent");
  const end = { reason: "answered", result: { outcome: "answered", talkMs: 31_000 }, cost: 0.12 };
  await change(2, "delivered", end);
  await change(2, "delivered", end);
  const seen = await verifications.read("shop", id);
  expect(seen).toMatchObject({
    verification: { status: "delivered", deliveries: [{}, { state: "failed", reason: "interrupted", cost: 0.12 }, {}] },
  });
  const kept = await verifications.history("shop", id);
  expect(kept?.events.filter(({ kind }) => kind === "call")).toMatchObject([{ number: 2, channel: "voice" }]);
  expect(kept?.delivery(2)?.result).toMatchObject({ talkMs: 31_000 });
});
