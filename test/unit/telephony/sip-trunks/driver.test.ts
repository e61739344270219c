/** The driver `sip` over a stack that the test plays. */
import { pino } from "pino";
import { beforeEach, describe, expect, test } from "vitest";
import { cryptoRandom } from "../../../../src/shared/random.ts";
import type { CallEnding, CallUser, OutgoingCall } from "../../../../src/sip/call/port.ts";
import type { Evidence } from "../../../../src/sip/evidence.ts";
import type { CallEvent, CallRequest } from "../../../../src/telephony/call-control/port.ts";
import { SipDriver } from "../../../../src/telephony/sip-trunks/driver.ts";
import { createTrunkPlans } from "../../../../src/telephony/sip-trunks/trunk-plans.ts";
import { ManualClock } from "../../../support/manual-clock.ts";
import { testConfig } from "../../../support/test-config.ts";

const request: CallRequest = {
  callId: "call-1",
  endpoint: "a",
  callee: "+447700900123",
  callerId: "+12025550147",
  failSafeSeconds: 30,
};

const nothingYet: Evidence = {
  ...{ inviteAtMs: 10, respondedAtMs: null, progressAtMs: null, alertingAtMs: null, final: null },
  ...{ canceledAtMs: null, cancelAcceptedAtMs: null, forked: false, byeFrom: null, over: false },
};
const noFinal: CallEnding = { status: null, phrase: "", q850Cause: null, evidence: nothingYet, missing: "transport" };

function setUp(sendsAtOnce = true) {
  const clock = new ManualClock();
  const placed: { call: OutgoingCall; user: CallUser; hangUps: number }[] = [];
  const stack = {
    failures: 0,
    async start() {
      if (this.failures > 0) {
        this.failures -= 1;
        throw new Error("port 5060 is taken");
      }
    },
    stop: async () => undefined,
    onInbound: () => undefined,
    serviceRoute: () => [],
    caller: {
      place(call: OutgoingCall, user: CallUser) {
        const one = { call, user, hangUps: 0 };
        placed.push(one);
        if (sendsAtOnce) user.sent(clock.nowMs());
        return {
          sipCallId: `${call.id}@192.0.2.10`,
          hangUp: () => {
            one.hangUps += 1;
          },
        };
      },
    },
  };
  const { sip, trunks } = testConfig({
    sip: { host: "192.0.2.10" },
    trunks: { a: { sip: { host: "carrier.example" }, ranges: ["block"] } },
  });
  if (sip === undefined) throw new Error("no section");
  const over: string[] = [];
  const driver = new SipDriver({
    openInvites: { sent: () => undefined, flush: () => undefined, over: (attempt) => over.push(attempt) },
    stack,
    plans: createTrunkPlans({ sip, trunks }, { sign: () => [] }),
    clock,
    random: cryptoRandom,
    logger: pino({ level: "silent" }),
  });
  const events: CallEvent[] = [];
  driver.onEvent((event) => events.push(event));
  return { clock, stack, driver, events, placed, over, last: () => placed.at(-1) as (typeof placed)[number] };
}

let setting: ReturnType<typeof setUp>;
beforeEach(async () => {
  setting = setUp();
  await setting.driver.start();
});

test("a call goes to the trunk's carrier, and its Call-ID does not name it", async () => {
  await setting.driver.originate(request);
  const { call } = setting.last();
  expect(call).toMatchObject({
    hop: { host: "carrier.example" },
    uri: "sip:+447700900123@carrier.example",
    from: "<sip:+12025550147@192.0.2.10>",
    to: "<sip:+447700900123@carrier.example>",
    expiresSeconds: 30,
    limitMs: 30_000,
  });
  expect(call.headers).toContainEqual(["P-Asserted-Identity", "<sip:+12025550147@192.0.2.10>"]);
  expect(call.id).toMatch(/^[A-Za-z0-9_-]{20}$/);
});

test("a call without a final response stays noted for other gateways: this one may die while it tries to cancel", async () => {
  const { driver, clock, over, last } = setting;
  await driver.originate(request);
  last().user.ended({ ...noFinal, missing: null, evidence: { ...nothingYet, over: true } }, 1);
  expect(over).toEqual(["call-1"]);
  await driver.originate({ ...request, callId: "call-2" });
  last().user.ended(noFinal, 2);
  clock.pass(31_999);
  expect(over).toEqual(["call-1"]);
  clock.pass(1);
  expect(over).toEqual(["call-1", "call-2"]);
  await driver.originate({ ...request, callId: "call-3" });
  last().user.ended(noFinal, 3);
  await driver.stop();
  expect([over, clock.pending]).toEqual([["call-1", "call-2"], 0]);
});

test("what happens to a call is reported with the evidence of its messages", async () => {
  await setting.driver.originate(request);
  const { user } = setting.last();
  user.progress(5);
  user.alerting(6);
  const evidence: Evidence = {
    ...nothingYet,
    respondedAtMs: 12,
    final: { atMs: 20, status: 486, q850Cause: 17, networkBlocked: false, redressUrl: null },
    over: true,
  };
  user.ended({ status: 486, phrase: "Busy Here", q850Cause: 17, evidence, missing: null }, 9);
  expect(setting.events.map(({ type, atMs }) => [type, atMs])).toEqual([
    ["progress", 5],
    ["alerting", 6],
    ["ended", 9],
  ]);
  expect(setting.events.at(-1)).toMatchObject({
    ...{ callId: "call-1", q850Cause: 17, sipStatus: 486, evidence },
    lastResponse: { status: 486, phrase: "Busy Here" },
  });
});

describe("an end without a final response", () => {
  test.each([
    ["a broken flow looks like 503", { missing: "transport" as const }, 503],
    ["a timeout looks like 408", { missing: "timeout" as const }, 408],
  ])("%s, which the far end did not send", async (_name, missing, sipStatus) => {
    await setting.driver.originate(request);
    setting.last().user.ended({ ...noFinal, ...missing }, 1);
    expect(setting.events.at(-1)).toMatchObject({ type: "ended", sipStatus, lastResponse: { status: 0 } });
  });

  test("after our hang-up is ours", async () => {
    await setting.driver.originate(request);
    await setting.driver.hangup(request.callId);
    const evidence = { ...nothingYet, respondedAtMs: 11, alertingAtMs: 12 };
    setting.last().user.ended({ ...noFinal, missing: "timeout", evidence }, 1);
    expect(setting.last().hangUps).toBe(1);
    expect(setting.events.at(-1)).toMatchObject({ sipStatus: null, lastResponse: { status: 180 } });
  });
});

test("a call that is hung up while its INVITE waits for a connection is not placed", async () => {
  setting = setUp(false);
  await setting.driver.start();
  const placing = setting.driver.originate(request);
  await setting.driver.hangup(request.callId);
  expect([setting.driver.hangsUpEarly, setting.last().hangUps]).toEqual([true, 1]);
  setting.last().user.ended({ ...noFinal, missing: "never_sent" }, 1);
  await expect(placing).rejects.toMatchObject({ refusal: "trunk_down" });
});

describe("what was not placed", () => {
  test.each([
    ["a trunk that is none of ours", { endpoint: "b" }, "trunk_down"],
    ["a callee that is no number", { callee: "+44\r\nX: y" }, "refused"],
    ["a caller in E.164 that is none", { e164: { callee: "+447700900123", callerId: "0" } }, "refused"],
  ])("%s", async (_name, change, refusal) => {
    await expect(setting.driver.originate({ ...request, ...change })).rejects.toMatchObject({ refusal });
    expect(setting.placed).toEqual([]);
  });

  test("a second call with the same id while the first is up, not after it", async () => {
    await setting.driver.originate(request);
    await expect(setting.driver.originate(request)).rejects.toMatchObject({ refusal: "duplicate" });
    setting.last().user.ended(noFinal, 1);
    await expect(setting.driver.originate(request)).resolves.toBeUndefined();
  });

  test("a call that no address of the carrier took, so that another trunk may be tried; it has no end of its own", async () => {
    setting = setUp(false);
    await setting.driver.start();
    const placing = setting.driver.originate(request);
    setting.last().user.ended({ ...noFinal, missing: "never_sent" }, 1);
    await expect(placing).rejects.toMatchObject({ refusal: "trunk_down" });
    expect(setting.events).toEqual([]);
  });

  test("no call before it listens; a taken port is tried again", async () => {
    setting = setUp();
    setting.stack.failures = 2;
    const changes: boolean[] = [];
    setting.driver.onConnection((connected) => changes.push(connected));
    await setting.driver.start();
    await expect(setting.driver.originate(request)).rejects.toMatchObject({ refusal: "not_connected" });
    setting.clock.advance(1000);
    await expect.poll(() => setting.clock.pending).toBe(1);
    setting.clock.advance(1000);
    await expect.poll(() => changes).toEqual([true]);
    expect(setting.driver.connected).toBe(true);
    await setting.driver.stop();
    expect(changes).toEqual([true, false]);
  });
});

test("a call waits for its flow: it counts as placed once the INVITE is sent", async () => {
  setting = setUp(false);
  await setting.driver.start();
  let placed = false;
  const placing = setting.driver.originate(request).then(() => {
    placed = true;
  });
  await Promise.resolve();
  expect(placed).toBe(false);
  setting.last().user.sent(3);
  await placing;
  expect(placed).toBe(true);
});

test("hanging up a call that is gone, or never was, is no error", async () => {
  await expect(setting.driver.hangup("call-9")).resolves.toBeUndefined();
  await expect(setting.driver.hangup("\r\n")).rejects.toThrow("not a call id");
});

test("a listener that throws disturbs nothing", async () => {
  setting.driver.onEvent(() => {
    throw new Error("no");
  });
  await setting.driver.originate(request);
  setting.last().user.alerting(1);
  setting.last().user.ended(noFinal, 2);
  await expect(setting.driver.originate(request)).resolves.toBeUndefined();
});
