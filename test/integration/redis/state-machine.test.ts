import fc from "fast-check";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createStore, type Store } from "../../../src/redis/index.ts";
import { type Event, events, isTerminal, next } from "../../../src/verification/machine.ts";
import { type Status, statuses } from "../../../src/verification/types.ts";
import { withRuntime } from "../../support/processes.ts";
import { manualClock } from "../../unit/verification/manual-clock.ts";
import { careSettings, settings } from "../verification/world.ts";

const runtime = withRuntime();
const clock = manualClock();
let store: Store;
let number = 0;

beforeAll(async () => {
  const { url } = await runtime.redis();
  const logger = pino({ level: "silent" });
  store = createStore({ redis: { url, command_timeout_ms: 800 }, settings, reputation: careSettings, clock, logger });
  while (!(await store.ping())) await new Promise((resolve) => setImmediate(resolve));
});
afterAll(() => store.close());

/** How to get to each status, by events that the table allows. */
const paths: Record<Status, readonly Event[]> = {
  pending: [],
  calling: ["calling"],
  ringing: ["ringing"],
  rung: ["delivered"],
  verified: ["matched"],
  failed: ["exhausted"],
  expired: ["expired"],
  canceled: ["canceled"],
  undeliverable: ["undelivered"],
};

async function started(calls = 1): Promise<string> {
  const id = `v0000${String(number++).padStart(22, "0")}`;
  const callee = { bucket: "0000", hash: `callee${number}` };
  const candidates = [
    { callerIdHashes: ["first", "second"].slice(0, calls), codeHash: "code", prefix: "+4420", codeLength: 4 },
  ];
  const limits = { maxCoolingDown: 50, longestCallMs: 30_000 };
  const call = { nowMs: clock.nowMs(), app: "shop", id, callee, calls, candidates, ...limits };
  const verification = { to: "+447700900123", country: "GB", reference: null, metadata: null };
  expect(await store.verifications.start({ ...call, ...verification })).toMatchObject({ kind: "placed" });
  return id;
}

async function apply(id: string, event: Event | null) {
  const change = { nowMs: clock.nowMs(), app: "shop", id, attempt: null, event, reason: null };
  const seen = await store.verifications.change(change);
  if (seen.kind !== "seen") throw new Error(seen.kind);
  return seen;
}

it.each(statuses.flatMap((status) => events.map((event) => [status, event] as const)))(
  "the script moves %s by %s as the table says",
  async (status, event) => {
    const id = await started();
    for (const step of paths[status]) await apply(id, step);
    expect((await apply(id, null)).verification.status).toBe(status);

    const expected = next(status, event) ?? status;
    const { verification, endedNow } = await apply(id, event);
    expect(verification.status).toBe(expected);
    expect(endedNow).toBe(!isTerminal(status) && isTerminal(expected));
    expect(verification.endedAtMs !== null).toBe(isTerminal(expected));
    expect((await apply(id, null)).verification).toEqual(verification);
  },
);

it("with two calls is rung only when both were delivered, whatever happens in whatever order", async () => {
  const step = fc.oneof(fc.constantFrom(...events), fc.constant("next" as const), fc.constant("next" as const));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const id = await started(2);
      /** As the gateway does it: what is told of a call names it. */
      let attempt = 1;
      for (const event of steps) {
        const before = (await apply(id, null)).verification;
        if (event === "next") {
          const call = { nowMs: clock.nowMs(), app: "shop", id, attempt, longestCallMs: 30_000 };
          const answer = await store.verifications.nextCall(call);
          const waits = before.status === "pending" && before.callsDelivered === 1 && attempt === 1;
          expect(answer.kind === "placed").toBe(waits);
          if (answer.kind === "placed") attempt = answer.verification.attempts;
        } else {
          await store.verifications.change({ nowMs: clock.nowMs(), app: "shop", id, attempt, event, reason: null });
        }
        const now = (await apply(id, null)).verification;
        expect(now.callsDelivered).toBeLessThanOrEqual(now.attempts);
        if (now.status === "rung") expect({ attempt, calls: now.callsDelivered }).toEqual({ attempt: 2, calls: 2 });
        if (isTerminal(before.status)) expect(now).toEqual(before);
      }
    }),
    { numRuns: 150 },
  );
});
