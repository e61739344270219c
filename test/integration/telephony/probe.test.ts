/**
 * Probes on the wire: how soon our CANCEL follows the first sign of the phone, over a real Asterisk and a SIPp carrier. Over the
 * other drivers: `PROBE_DRIVER=ari-client` or `asterisk-manager`.
 */

import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { AsteriskConfig } from "../../../src/telephony/asterisk/config.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { groupBy } from "../../support/group-by.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import type { Step } from "../../support/scenarios.ts";
import type { SipMessage } from "../../support/sipp-log.ts";
import { keepingLogger, withWorld } from "./world.ts";

const driver = (process.env.PROBE_DRIVER ?? "ari-websocket") as AsteriskConfig["driver"];
const world = withWorld({ driver, listensAt: driver === "asterisk-manager" ? "ami" : "ari" });
const calls = 10;
let telephony: Telephony;

beforeAll(async () => {
  telephony = createTelephony({
    apps: appsOf(1),
    config: {
      asterisks: { main: world().config() },
      trunks: {
        carrier: {
          ...{ ...plainNumbers, asterisk: "main", endpoint: "carrier", ring_on: "180", ranges: ["block"] },
          ...{ max_concurrent_calls: 50, calls_per_second: 1000 },
        },
      },
      ...{ routes: [{ prefix: "+", trunks: ["carrier"] }], routing: patientRouting, limits: noLimits },
      calls: {
        ...{ ring_ms: 5000, setup_limit_ms: 8000, max_queue_ms: 0, max_trunks: 1, second_call_gap_ms: 3000 },
        drain_ms: 30_000,
      },
      live_check: { cancel_on_183: ["carrier"] },
    },
    ...{ admission: freeAdmission, clock: systemClock, random: cryptoRandom, logger: keepingLogger().logger },
  });
  await telephony.start();
  await vi.waitFor(() => expect(telephony.asterisks()).toEqual([["main", true]]), { timeout: 8000 });
});
afterAll(() => telephony?.stop());

function probe(endsOn183: readonly string[]): Promise<CallResult> {
  const slot = { leaseId: "l", trunk: "carrier", asterisk: "main", ranges: ["block"], waitMs: 0 };
  const { promise, resolve } = deferred<CallResult>();
  telephony.dialer.place(
    {
      ...{ callId: randomUUID(), callee: "+447700900123", callerId: "+12025550147", range: "block", slot },
      probe: { setupLimitMs: 3000, endsOn183, sparePercent: 50 },
    },
    { calling: () => undefined, ringing: () => undefined, ended: resolve },
  );
  return promise;
}

/** Of `calls` probes, one after the other: the median time from a response to our CANCEL, and the results. */
async function measure(steps: readonly Step[], status: number, endsOn183: readonly string[]) {
  const carrier = await world().carrier(steps);
  const results: CallResult[] = [];
  for (let count = 0; count < calls; count++) results.push(await probe(endsOn183));
  const of = (messages: readonly SipMessage[]) => {
    const byCall = groupBy(messages, (message) => message.header("Call-ID").join());
    return [...byCall.values()].flatMap((call) => {
      const from = call.find((message) => message.status === status)?.atMs;
      const to = call.find(({ method }) => method === "CANCEL")?.atMs;
      return from === undefined || to === undefined ? [] : [to - from];
    });
  };
  const wire = await carrier.waitFor((messages) => of(messages).length === calls);
  const times = of(wire).sort((a, b) => a - b);
  const medianMs = times[Math.floor(calls / 2)] ?? Number.NaN;
  return { medianMs, results };
}

it("the CANCEL follows the first 180 at once: a phone blips", async () => {
  const { medianMs, results } = await measure([{ pauseMs: 50 }, { send: "180 Ringing" }, "canceled"], 180, []);
  expect(medianMs).toBeLessThan(150);
  for (const result of results) expect(result).toMatchObject({ outcome: "rang", alerted: true, endedBy: "us" });
});

it("on a trunk whose 183 proves the phone it follows the 183: the 180 never comes", async () => {
  const steps: Step[] = [{ pauseMs: 50 }, { send: "183 Session Progress", sdp: true }, "canceled"];
  const { medianMs, results } = await measure(steps, 183, ["carrier"]);
  expect(medianMs).toBeLessThan(150);
  for (const result of results)
    expect(result).toMatchObject({ outcome: "no_answer_signal", alerted: false, progress: true });
});

it("on any other trunk a 183 is waited out: the 404 after an announcement is the answer", async () => {
  await world().carrier([
    { send: "183 Session Progress", sdp: true },
    { pauseMs: 300 },
    { send: "404 Not Found" },
    "ack",
  ]);
  expect(await probe([])).toMatchObject({ outcome: "unallocated", alerted: false, progress: true });
});
