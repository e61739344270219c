import fc from "fast-check";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { missedCallMachine } from "../../../src/channels/missed-call/machine.ts";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { isTerminal, next, type Status } from "../../../src/verification/machine.ts";
import type { VerificationStore } from "../../../src/verification/store-port.ts";
import { newestOf, type Verification } from "../../../src/verification/types.ts";
import { manualClock } from "../../support/manual-clock.ts";
import { withRuntime } from "../../support/processes.ts";
import { patientRedis } from "../../support/redis.ts";
import { careSettings, settings } from "../verification/world.ts";

const runtime = withRuntime();
const clock = manualClock();
const folder = new URL("../../../src/channels/missed-call/lua/", import.meta.url);
const channel = {
  name: "missed_call",
  machine: missedCallMachine,
  scripts: { start: new URL("start.lua", folder), next_call: new URL("next_call.lua", folder) },
};
let store: Store;
let verifications: VerificationStore;
let number = 0;

beforeAll(async () => {
  const { url } = await runtime.redis();
  const redis = patientRedis(url);
  store = createStore({ redis, reputation: careSettings, clock, testTime: true, logger: pino({ level: "silent" }) });
  verifications = store.verifications({ verification: settings, apps: 1 }, [channel]);
  while (!(await store.ping())) await new Promise((resolve) => setImmediate(resolve));
});
afterAll(() => store.close());

const deliveryEvents = Object.keys(missedCallMachine.transitions);
const deliveryStates = Object.keys(missedCallMachine.states);
/** How to get to each state of a delivery. */
const paths: Readonly<Record<string, readonly string[]>> = {
  calling: ["calling"],
  ringing: ["ringing"],
  rung: ["delivered"],
  failed: ["undelivered"],
};

async function started(calls = 1): Promise<string> {
  const id = `v0000${String(number++).padStart(22, "0")}`;
  const callee = { bucket: "0000", hash: `callee${number}` };
  const candidate = [...["first", "second"].slice(0, calls), "code", 4, JSON.stringify({ prefix: "+4420", digits: 4 })];
  const delivery = {
    ...({ mode: "new", app: "shop", id, channel: "missed_call", callee, to: "+447700900123", country: "GB" } as const),
    ...{ reference: null, metadata: null, session: null, cost: null, recipient: null, step: null, workflow: null },
    ...{ client: null, guard: null, simulated: null },
  };
  expect(
    await verifications.begin(delivery, [calls, 30_000, 50, 600_000, 30_000, 0.0001, "own", ...candidate]),
  ).toMatchObject({
    kind: "begun",
  });
  return id;
}

async function look(id: string): Promise<Verification> {
  const seen = await verifications.read("shop", id);
  if (seen.kind !== "seen") throw new Error(seen.kind);
  return seen.verification;
}

const change = (id: string, event: string, attempt = 1) =>
  verifications.change({ app: "shop", id, attempt, event, reason: null });

it.each(deliveryStates.flatMap((state) => deliveryEvents.map((event) => [state, event] as const)))(
  "the script moves a delivery that is %s by %s as its table says, and the verification with it",
  async (state, event) => {
    const id = await started();
    for (const step of paths[state] ?? []) await change(id, step);
    const before = await look(id);
    expect(newestOf(before).state).toBe(state);

    const moved = missedCallMachine.transitions[event]?.[state];
    const meaning = moved === undefined ? null : missedCallMachine.states[moved];
    const status: Status = (meaning && next(before.status, meaning)) || before.status;
    await change(id, event);
    const after = await look(id);
    expect(after.status).toBe(status);
    expect(newestOf(after).state).toBe(moved ?? state);
    expect(after.endedAtMs !== null).toBe(isTerminal(status));
    expect(await look(id)).toEqual(after);
  },
);

it.each(["check", "cancel", "expiry"] as const)(
  "a verification that has ended by %s is left by nothing",
  async (by) => {
    const id = await started();
    if (by === "check") await verifications.check("shop", id, { codeHash: "code", codeLength: 4 });
    if (by === "cancel") await verifications.cancel("shop", id);
    if (by === "expiry") clock.advance(300_000);
    const { status, endedAtMs } = await look(id);
    expect(status).toBe({ check: "verified", cancel: "canceled", expiry: "undeliverable" }[by]);
    for (const event of deliveryEvents) {
      await change(id, event);
      await verifications.cancel("shop", id);
      await verifications.check("shop", id, { codeHash: "code", codeLength: 4 });
      expect(await look(id)).toMatchObject({ status, endedAtMs });
    }
  },
);

it("with two calls is delivered only when both were, whatever happens in whatever order", async () => {
  const step = fc.oneof(fc.constantFrom(...deliveryEvents), fc.constant("next"), fc.constant("next"));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const id = await started(2);
      /** As the gateway does it: what is written of a call names it. */
      let attempt = 1;
      for (const event of steps) {
        const before = await look(id);
        if (event === "next") {
          const answer = await verifications.run("missed_call", "next_call", { app: "shop", id }, [
            attempt,
            30_000,
            30_000,
          ]);
          const { state, partsDelivered } = newestOf(before);
          const waits = !isTerminal(before.status) && state === "calling" && partsDelivered === 1 && attempt === 1;
          expect(answer.kind === "begun").toBe(waits);
          if (answer.kind === "begun") attempt = answer.verification.attempts;
        } else {
          await change(id, event, attempt);
        }
        const now = await look(id);
        const { partsDelivered } = newestOf(now);
        expect(partsDelivered).toBeLessThanOrEqual(now.attempts);
        if (now.status === "delivered") expect({ attempt, partsDelivered }).toEqual({ attempt: 2, partsDelivered: 2 });
        if (isTerminal(before.status)) expect(now.status).toEqual(before.status);
      }
    }),
    { numRuns: 150 },
  );
});
