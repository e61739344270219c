/** What a gateway remembers of the slots that it reports on. */
import { expect, it } from "vitest";
import { createAdmissionStore } from "../../../src/redis/admission-store.ts";
import { createBatchTimer } from "../../../src/shared/batch-timer.ts";
import { type Deferred, deferred } from "../../../src/shared/deferred.ts";
import type { SlotEvent } from "../../../src/telephony/trunks/admission-port.ts";
import { anyCaller } from "../../support/any-caller.ts";
import { ManualClock } from "../../support/manual-clock.ts";

const limits = { callsPerSecond: 10, maxConcurrentCalls: 10 };
const slot = {
  leaseId: "lease",
  path: { trunk: "a", asterisk: "b", trunkLimits: limits, asteriskLimits: limits },
  caller: anyCaller,
};
/** Behind lease, event, app and prefix; 8: the store has its alerting. */
const countedAt = 4;
const settle = () => new Promise((resolve) => setImmediate(resolve));

function opened() {
  const clock = new ManualClock();
  const calls: { readonly args: readonly (string | number)[]; readonly answer: Deferred<string> }[] = [];
  const run = (_script: string, _key: string, args: readonly (string | number)[]) => {
    const answer = deferred<string>();
    calls.push({ args, answer });
    return answer.promise;
  };
  const store = createAdmissionStore(run, createBatchTimer(clock, 20));
  /** @returns what the script got of it */
  async function report(event: SlotEvent) {
    store.settle(slot, event).catch(() => undefined);
    clock.advance(20);
    await settle();
    return calls.at(-1);
  }
  return { report };
}

it("reports the end of a call whose alerting the store has with less to do", async () => {
  const { report } = opened();
  (await report("alerted"))?.answer.resolve("1");
  await settle();
  expect(Number((await report("ended"))?.args[countedAt]) & 8).toBe(8);
});

it("forgets a call that ended before the store said that it has its alerting", async () => {
  const { report } = opened();
  const alerted = await report("alerted");
  expect(Number((await report("ended"))?.args[countedAt]) & 8).toBe(0);
  alerted?.answer.resolve("1");
  await settle();
  // Kept, it would be so for ever, as every call that ends so early.
  expect(Number((await report("ended"))?.args[countedAt]) & 8).toBe(0);
});
