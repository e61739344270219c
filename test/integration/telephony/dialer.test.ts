/** What goes over the wire when the dialer places calls: real Asterisk, real SIP carrier. */

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/shared/clock.ts";
import { deferred } from "../../../src/shared/deferred.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import type { CallsConfig } from "../../../src/telephony/calls/config.ts";
import type { CallResult } from "../../../src/telephony/calls/ports.ts";
import { createTelephony, type Telephony } from "../../../src/telephony/index.ts";
import type { TrunkConfig } from "../../../src/telephony/trunks/config.ts";
import type { ChannelSlot } from "../../../src/telephony/trunks/slots-port.ts";
import { appsOf } from "../../support/apps.ts";
import { freeAdmission } from "../../support/free-admission.ts";
import { groupBy } from "../../support/group-by.ts";
import { noLimits, patientRouting } from "../../support/patient-routing.ts";
import { plainNumbers } from "../../support/plain-numbers.ts";
import type { Step } from "../../support/scenarios.ts";
import type { SipMessage } from "../../support/sipp-log.ts";
import { keepingLogger, withWorld } from "./world.ts";

const world = withWorld();
const callee = "+447700900123";
const callerId = "+12025550147";
const ringMs = 1000;
const setupLimitMs = 2000;
/**
 * How far a time on the wire may be off. The median of several calls is held to it: one may hit a moment in which the
 * machine does something else. All of them may hit one that starts other tests' programs: 260 ms were seen.
 */
const toleranceMs = 400;
const several = 5;

const line = { leaseId: "l", asterisk: "main", ranges: ["block"], waitMs: 0 };

let telephony: Telephony;
let logs: ReturnType<typeof keepingLogger>;

async function start(changed: { calls?: Partial<CallsConfig>; trunk?: Partial<TrunkConfig> } = {}): Promise<void> {
  logs = keepingLogger();
  const trunk: TrunkConfig = {
    ...plainNumbers,
    asterisk: "main",
    endpoint: "carrier",
    ring_on: "180",
    ranges: ["block"],
    max_concurrent_calls: 50,
    calls_per_second: 1000,
    ...changed.trunk,
  };
  telephony = createTelephony({
    apps: appsOf(1),
    config: {
      asterisks: { main: world().config() },
      trunks: {
        carrier: trunk,
        silent: { ...trunk, endpoint: "silent" },
      },
      routes: [{ prefix: "+", trunks: ["carrier"] }],
      routing: patientRouting,
      limits: noLimits,
      calls: {
        ring_ms: ringMs,
        setup_limit_ms: setupLimitMs,
        max_queue_ms: 0,
        max_trunks: 1,
        second_call_gap_ms: 3000,
        drain_ms: 30_000,
        ...changed.calls,
      },
    },
    admission: freeAdmission,
    clock: systemClock,
    random: cryptoRandom,
    logger: logs.logger,
  });
  await telephony.start();
  await vi.waitFor(() => expect(telephony.asterisks()).toEqual([["main", true]]), { timeout: 8000 });
}

interface Placed {
  readonly callId: string;
  readonly told: string[];
  readonly ringing: Promise<void>;
  readonly ended: Promise<CallResult>;
}

function place(trunk = "carrier", slot: ChannelSlot = { ...line, trunk }): Placed {
  const callId = randomUUID();
  const told: string[] = [];
  const { promise: ringing, resolve: rings } = deferred<void>();
  const { promise: ended, resolve: ends } = deferred<CallResult>();
  telephony.dialer.place(
    { callId, callee, callerId, range: "block", slot },
    {
      calling: () => void told.push("calling"),
      ringing: () => {
        told.push("ringing");
        rings();
      },
      ended: (result) => {
        told.push("ended");
        ends(result);
      },
    },
  );
  return { callId, told, ringing, ended };
}

const request = (messages: readonly SipMessage[], method: string) => messages.find((one) => one.method === method);
const response = (messages: readonly SipMessage[], status: number) => messages.find((one) => one.status === status);
const has = (method: string) => (messages: SipMessage[]) => request(messages, method) !== undefined;
const count = (messages: readonly SipMessage[], method: string) =>
  new Set(messages.filter((one) => one.method === method).map((one) => one.header("Call-ID").join())).size;

/** Time from one message to another, for each call on the wire; its median. */
function medianMs(
  messages: readonly SipMessage[],
  from: (call: readonly SipMessage[]) => SipMessage | undefined,
  to: (call: readonly SipMessage[]) => SipMessage | undefined,
): number {
  const calls = groupBy(messages, (message) => message.header("Call-ID").join());
  const timesMs = [...calls.values()]
    .map((call) => (to(call)?.atMs ?? Number.NaN) - (from(call)?.atMs ?? Number.NaN))
    .filter((timeMs) => !Number.isNaN(timeMs))
    .sort((one, other) => one - other);
  expect(timesMs).toHaveLength(several);
  return timesMs[Math.floor(several / 2)] ?? Number.NaN;
}

beforeEach(() => start());
afterEach(async () => {
  world().proxy.restore();
  await telephony.stop();
  for (const secret of [callerId.slice(1), callee.slice(1)]) expect(logs.text()).not.toContain(secret);
});

describe("on the wire", () => {
  it("CANCEL comes ring_ms after the 180", async () => {
    const carrier = await world().carrier([{ pauseMs: 300 }, { send: "180 Ringing" }, "canceled"]);
    const calls = Array.from({ length: several }, () => place());
    const results = await Promise.all(calls.map((call) => call.ended));
    const wire = await carrier.waitFor((messages) => count(messages, "CANCEL") === several);
    const rangMs = medianMs(
      wire,
      (call) => response(call, 180),
      (call) => request(call, "CANCEL"),
    );
    expect(Math.abs(rangMs - ringMs)).toBeLessThan(toleranceMs);
    const delayMs = medianMs(
      wire,
      (call) => request(call, "INVITE"),
      (call) => response(call, 180),
    );
    const told = results.map((result) => result.postDialDelayMs ?? 0).sort((one, other) => one - other);
    expect(Math.abs((told[Math.floor(several / 2)] ?? 0) - delayMs)).toBeLessThan(toleranceMs);
    for (const result of results) expect(result).toMatchObject({ outcome: "rang", alerted: true, endedBy: "us" });
    for (const call of calls) expect(call.told).toEqual(["calling", "ringing", "ended"]);
  });

  it("BYE comes within 200 ms of an answer", async () => {
    const answer: Step[] = [{ send: "180 Ringing" }, { pauseMs: 100 }, { send: "200 OK", sdp: true }, "ack", "bye"];
    const carrier = await world().carrier(answer);
    const results = await Promise.all(Array.from({ length: several }, () => place().ended));
    const wire = await carrier.waitFor((messages) => count(messages, "BYE") === several);
    expect(
      medianMs(
        wire,
        (call) => response(call, 200),
        (call) => request(call, "BYE"),
      ),
    ).toBeLessThan(200);
    for (const result of results) expect(result).toMatchObject({ outcome: "answered", alerted: true });
  });

  it.each([
    ["+e164", "+447700900123", "+12025550147"],
    ["e164", "447700900123", "12025550147"],
  ] as const)("From and P-Asserted-Identity carry exactly the caller ID, as %s", async (number_format, to, from) => {
    await telephony.stop();
    await start({ trunk: { number_format } });
    const carrier = await world().carrier([{ send: "486 Busy Here" }, "ack"]);
    await place().ended;
    const invite = request(await carrier.waitFor(has("INVITE")), "INVITE");
    expect(invite?.startLine).toMatch(new RegExp(`^INVITE sip:${to.replace("+", "\\+")}@`));
    // No display name, and nothing after the number.
    expect(invite?.header("From").join()).toMatch(new RegExp(`^<sip:${from.replace("+", "\\+")}@[^>]*>;tag=`));
    expect(invite?.header("P-Asserted-Identity").join()).toMatch(
      new RegExp(`^<sip:${from.replace("+", "\\+")}@[^>]*>$`),
    );
  });

  it("CANCEL comes at the set-up limit where nothing alerts, early media or not", async () => {
    const carrier = await world().carrier([{ send: "183 Session Progress", sdp: true }, "canceled"]);
    const results = await Promise.all(Array.from({ length: several }, () => place().ended));
    const wire = await carrier.waitFor((messages) => count(messages, "CANCEL") === several);
    const waitedMs = medianMs(
      wire,
      (call) => request(call, "INVITE"),
      (call) => request(call, "CANCEL"),
    );
    expect(Math.abs(waitedMs - setupLimitMs)).toBeLessThan(toleranceMs);
    for (const result of results) expect(result).toMatchObject({ outcome: "no_answer_signal", alerted: false });
  });

  it("183 counts as ringing where the trunk says so", async () => {
    await telephony.stop();
    await start({ trunk: { ring_on: "180+183" } });
    await world().carrier([{ send: "183 Session Progress", sdp: true }, "canceled"]);
    expect(await place().ended).toMatchObject({ outcome: "rang", alerted: true });
  });

  it.each([
    ["486 Busy Here", "declined"],
    ["503 Service Unavailable", "congestion"],
    ["404 Not Found", "unallocated"],
  ])("no second INVITE goes out after a phone rang and then came %s", async (status, outcome) => {
    const carrier = await world().carrier([{ send: "180 Ringing" }, { pauseMs: 100 }, { send: status }, "ack"]);
    expect(await place().ended).toMatchObject({ outcome, alerted: true });
    await carrier.waitFor(has("ACK"));
    await expect.poll(() => world().channels()).toEqual([]);
    expect((await carrier.messages()).filter(({ method }) => method === "INVITE")).toHaveLength(1);
  });

  it.each([
    ["486 Busy Here", "busy", 486],
    ["404 Not Found", "unallocated", 404],
    ["480 Temporarily Unavailable", "no_answer_signal", 480],
    ["503 Service Unavailable", "congestion", 503],
    ["603 Decline", "caller_id_refused", 603],
    ["403 Forbidden", "barred", 403],
    ["484 Address Incomplete", "invalid_format", 484],
    ["302 Moved Temporarily", "unknown", null],
  ])("%s is told as %s", async (status, outcome, sipStatus) => {
    const headers = status.startsWith("302") ? ["Contact: <sip:+12025550199@127.0.0.1:5999>"] : [];
    await world().carrier([{ send: status, headers }, "ack"]);
    const result = await place().ended;
    expect(result).toMatchObject({ outcome, alerted: false, endedBy: "far_end" });
    if (sipStatus !== null) expect(result.sipStatus).toBe(sipStatus);
  });
});

describe("when something breaks", () => {
  it("a call that nobody responds to ends at the set-up limit", async () => {
    expect(await place("silent").ended).toMatchObject({ outcome: "no_answer_signal", endedBy: "us" });
  });

  it("a call can be canceled at any moment", async () => {
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    const atOnce = place();
    telephony.dialer.cancel(atOnce.callId);
    expect(await atOnce.ended).toMatchObject({ outcome: "canceled" });
    const ringing = place();
    await ringing.ringing;
    telephony.dialer.cancel(ringing.callId);
    expect(await ringing.ended).toMatchObject({ outcome: "canceled", alerted: true });
    await expect.poll(() => world().channels()).toEqual([]);
  });

  it("a short break of the connection while it rings does not make it ring on", async () => {
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    const call = place();
    await call.ringing;
    world().proxy.cut();
    await vi.waitFor(() => expect(logs.text()).toContain("hang-up failed"), { timeout: 5000 });
    world().proxy.restore();
    expect(await call.ended).toMatchObject({ alerted: true });
    await expect.poll(() => world().channels()).toEqual([]);
  });

  it("the crash of Asterisk interrupts a ringing call; the next one works", async () => {
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    const call = place();
    await call.ringing;
    await world().asterisk.kill();
    await world().asterisk.restart();
    expect(await call.ended).toMatchObject({ outcome: "interrupted", alerted: true, endedBy: "unknown" });
    await vi.waitFor(() => expect(telephony.asterisks()).toEqual([["main", true]]), { timeout: 8000 });
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    expect(await place().ended).toMatchObject({ outcome: "rang" });
  });

  it("an Asterisk that stands still is sent 50 more calls, and no others until it replies: phones rang for seconds too long", async () => {
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    const { pid } = world().asterisk;
    const reserve = () => telephony.slots.reserve(callee, "shop");
    const calls: Placed[] = [];
    process.kill(pid, "SIGSTOP");
    try {
      for (let slot = await reserve(); !("none" in slot); slot = await reserve()) calls.push(place("carrier", slot));
      expect(calls).toHaveLength(50);
      expect(await reserve()).toEqual({ none: "capacity", retryAfterMs: 500 });
    } finally {
      process.kill(pid, "SIGCONT");
    }
    await expect.poll(async () => "none" in (await reserve())).toBe(false);
    for (const { ended } of calls) expect(await ended).toMatchObject({ alerted: true });
    expect(logs.text()).toContain("Asterisk is behind with the calls that it has");
  });

  it("drain lets a ringing call end by itself", async () => {
    await world().carrier([{ send: "180 Ringing" }, "canceled"]);
    const call = place();
    await call.ringing;
    await telephony.dialer.drain(10_000);
    expect(await call.ended).toMatchObject({ outcome: "rang" });
    expect(telephony.dialer.liveCalls).toBe(0);
  });
});
