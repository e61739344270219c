/** Each failure of an SMSC × what the route says of the message, with the clock in the test's hand. */
import { describe, expect, it, test } from "vitest";
import type { SmsAnswer } from "../../../../src/channels/sms/route-port.ts";
import { meaningOf, statusName } from "../../../../src/channels/sms/smpp/status.ts";
import type { SmscDecision } from "../../../../src/sandbox/providers/smsc.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { atEnd, eventually, openBound, openWorld, order, partsInMemory, phone, type WorldOptions } from "./world.ts";

const long = "Ваш код 8349027461. Никому не сообщайте этот код. @example.com #8349027461 и ещё немного";

/** SMPP v3.4, Issue 1.2, table 5-2: every code, its name, what it means for the message, whether another route may take it. */
const table: readonly (readonly [number, string, string, boolean])[] = [
  [0x01, "ESME_RINVMSGLEN", "rejected", true],
  [0x02, "ESME_RINVCMDLEN", "rejected", true],
  [0x03, "ESME_RINVCMDID", "rejected", true],
  [0x04, "ESME_RINVBNDSTS", "provider_down", true],
  [0x05, "ESME_RALYBND", "provider_down", true],
  [0x06, "ESME_RINVPRTFLG", "rejected", true],
  [0x07, "ESME_RINVREGDLVFLG", "rejected", true],
  [0x08, "ESME_RSYSERR", "provider_down", true],
  [0x0a, "ESME_RINVSRCADR", "rejected", true],
  [0x0b, "ESME_RINVDSTADR", "invalid_recipient", false],
  [0x0c, "ESME_RINVMSGID", "rejected", true],
  [0x0d, "ESME_RBINDFAIL", "provider_down", true],
  [0x0e, "ESME_RINVPASWD", "provider_down", true],
  [0x0f, "ESME_RINVSYSID", "provider_down", true],
  [0x11, "ESME_RCANCELFAIL", "rejected", true],
  [0x13, "ESME_RREPLACEFAIL", "rejected", true],
  [0x14, "ESME_RMSGQFUL", "throttled", true],
  [0x15, "ESME_RINVSERTYP", "rejected", true],
  [0x33, "ESME_RINVNUMDESTS", "rejected", true],
  [0x34, "ESME_RINVDLNAME", "rejected", true],
  [0x40, "ESME_RINVDESTFLAG", "rejected", true],
  [0x42, "ESME_RINVSUBREP", "rejected", true],
  [0x43, "ESME_RINVESMCLASS", "rejected", true],
  [0x44, "ESME_RCNTSUBDL", "rejected", true],
  [0x45, "ESME_RSUBMITFAIL", "rejected", true],
  [0x48, "ESME_RINVSRCTON", "rejected", true],
  [0x49, "ESME_RINVSRCNPI", "rejected", true],
  [0x50, "ESME_RINVDSTTON", "rejected", true],
  [0x51, "ESME_RINVDSTNPI", "rejected", true],
  [0x53, "ESME_RINVSYSTYP", "rejected", true],
  [0x54, "ESME_RINVREPFLAG", "rejected", true],
  [0x55, "ESME_RINVNUMMSGS", "rejected", true],
  [0x58, "ESME_RTHROTTLED", "throttled", true],
  [0x61, "ESME_RINVSCHED", "rejected", true],
  [0x62, "ESME_RINVEXPIRY", "rejected", true],
  [0x63, "ESME_RINVDFTMSGID", "rejected", true],
  [0x64, "ESME_RX_T_APPN", "provider_down", true],
  [0x65, "ESME_RX_P_APPN", "rejected", true],
  [0x66, "ESME_RX_R_APPN", "rejected", true],
  [0x67, "ESME_RQUERYFAIL", "rejected", true],
  [0xc0, "ESME_RINVOPTPARSTREAM", "rejected", true],
  [0xc1, "ESME_ROPTPARNOTALLWD", "rejected", true],
  [0xc2, "ESME_RINVPARLEN", "rejected", true],
  [0xc3, "ESME_RMISSINGOPTPARAM", "rejected", true],
  [0xc4, "ESME_RINVOPTPARAMVAL", "rejected", true],
  [0xfe, "ESME_RDELIVERYFAILURE", "not_reachable", false],
  [0xff, "ESME_RUNKNOWNERR", "rejected", true],
  // Of the SMSC's own (0x400 to 0x4FF), and reserved ones.
  [0x400, "0x00000400", "rejected", true],
  [0x12345, "0x00012345", "rejected", true],
];

test.each(table)("command_status 0x%s is %s: %s, elsewhere %s", async (status, name, reason, elsewhere) => {
  expect(statusName(status)).toBe(name);
  const { decide, send } = await openBound();
  decide({ answer: status });
  expect(await send()).toEqual({ kind: "refused", reason, elsewhere });
});

test("the configuration says what a carrier means by a status", () => {
  const own = new Map([
    [0x400, "blocked" as const],
    [0x401, "throttled" as const],
    [0x45, "invalid_recipient" as const],
  ]);
  expect(meaningOf(0x400, own)).toMatchObject({ reason: "blocked", elsewhere: false, pause: false });
  expect(meaningOf(0x401, own)).toMatchObject({ reason: "throttled", elsewhere: true, pause: true });
  expect(meaningOf(0x45, own)).toMatchObject({
    name: "ESME_RSUBMITFAIL",
    reason: "invalid_recipient",
    elsewhere: false,
  });
});

describe("lost answers", () => {
  test.each<[string, SmscDecision["answer"], number, SmsAnswer]>([
    ["none within the response time", "never", 5000, { kind: "unknown" }],
    ["the connection broke behind the submit", "break", 0, { kind: "unknown" }],
    ["the connection broke, and the SMSC has not got it", "break_untaken", 0, { kind: "unknown" }],
  ])("%s: may have been sent, so it is not sent again", async (_what, answer, ms, expected) => {
    const clock = manualClock();
    const { decide, send, smsc } = await openBound({ clock });
    decide({ answer });
    const sent = send();
    await eventually(() => expect(smsc.submits).toHaveLength(1));
    if (ms > 0) {
      clock.pass(ms - 1);
      expect(await Promise.race([sent, Promise.resolve("waits")])).toBe("waits");
      clock.pass(1);
    }
    expect(await sent).toEqual(expected);
    clock.pass(60_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(smsc.submits).toHaveLength(1);
  });

  it("an answer after the response time changes nothing, and is counted", async () => {
    const { decide, send, events } = await openBound({ config: { response_timeout_ms: 500 } });
    decide({ answer: 0, answerDelayMs: 700 });
    expect(await send()).toEqual({ kind: "unknown" });
    await eventually(() => expect(events).toContainEqual(["sms.dropped", { route: "acme", what: "late_response" }]));
  });
});

describe("a long message", () => {
  const inTwo = (answers: readonly SmscDecision["answer"][]) => (number: number) => ({
    answer: answers[number - 1] ?? 0,
  });

  test.each<[string, readonly SmscDecision["answer"][], number, unknown]>([
    ["both taken", [0, 0], 2, { kind: "taken", receiptId: expect.stringMatching(/^acme:parts-/) }],
    ["the first refused: nothing was taken", [0x45, 0], 1, { kind: "refused", reason: "rejected", elsewhere: true }],
    ["the second refused: a part may arrive", [0, 0x45], 2, { kind: "partly_taken", reason: "rejected" }],
    ["the second without an answer", [0, "break"], 2, { kind: "unknown" }],
    [
      "the second throttled, then taken",
      [0, 0x58, 0],
      3,
      { kind: "taken", receiptId: expect.stringMatching(/^acme:parts-/) },
    ],
  ])("%s", async (_what, answers, submits, expected) => {
    const { decide, send, smsc } = await openBound();
    decide(inTwo(answers));
    expect(await send({ text: long })).toEqual(expected);
    expect(smsc.submits).toHaveLength(submits);
  });
});

describe("before anything is sent", () => {
  it("not connected: no place", async () => {
    const { route } = await openWorld();
    expect(await route.reserve(order)).toEqual({ none: "provider_down", retryAfterMs: 5000 });
  });

  it("throttled: no place for a pause that grows while it goes on, and ends with a message that is taken", async () => {
    const clock = manualClock();
    const { decide, send, route } = await openBound({ clock });
    const pauses: number[] = [];
    for (const answer of [0x58, 0x14, 0x58, 0, 0x58]) {
      decide({ answer });
      await send();
      const place = await route.reserve(order);
      if (!("none" in place)) {
        place.release();
        continue;
      }
      expect(place.none).toBe("throttled");
      pauses.push(place.retryAfterMs);
      clock.pass(place.retryAfterMs);
    }
    const [first = 0, second = 0, third = 0, afterSuccess = 0] = pauses;
    // Each from half of 1, 2 and 4 s on, and below the whole.
    const halves = [first, second, third, afterSuccess].map((pause) => 2 ** Math.floor(Math.log2(pause / 500)) * 500);
    expect(halves).toEqual([500, 1000, 2000, 500]);
  });

  it("the bind breaks between reservation and submit: refused for certain, another route may take it", async () => {
    const { route, smsc } = await openBound({ clock: manualClock() });
    const place = await route.reserve(order);
    if ("none" in place) throw new Error("no place");
    smsc.setReachable(false);
    await eventually(() => expect(route.health().up).toBe(false));
    const message = { ...order, deliveryId: "d", validityMs: 60_000 };
    expect(await place.submit(message)).toEqual({ kind: "refused", reason: "provider_down", elsewhere: true });
    expect(smsc.submits).toEqual([]);
  });

  it("a value that SMPP cannot carry: refused, nothing sent, and the log has no value", async () => {
    const { send, smsc, log } = await openBound();
    expect(await send({ sender: "A name that is much too long" })).toEqual({
      ...{ kind: "refused", reason: "rejected", elsewhere: true },
    });
    expect(smsc.submits).toEqual([]);
    expect(log.join("")).toMatch(/source_addr is longer than 20 characters/);
    expect(log.join("")).not.toMatch(/much too long|7700900123/);
  });
});

describe("receipts", () => {
  const id = 1_000_000_001;
  const delivered = { receiptId: `acme:${id}`, report: { state: "delivered" } };

  test.each(["tlv", "text", "both"] as const)("by %s", async (form) => {
    const { decide, send, receipts, smsc } = await openBound();
    decide({ answer: 0, receipts: [{ state: "DELIVRD", afterMs: 0, form }] });
    expect(await send()).toEqual({ kind: "taken", receiptId: `acme:${id}` });
    await eventually(() => expect(receipts).toEqual([delivered]));
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0]));
  });

  it("before the submit's answer", async () => {
    const { decide, send, receipts } = await openBound();
    decide({ answer: 0, answerDelayMs: 50, receipts: [{ state: "DELIVRD", afterMs: -50 }] });
    expect(await send()).toEqual({ kind: "taken", receiptId: `acme:${id}` });
    await eventually(() => expect(receipts).toEqual([delivered]));
  });

  test.each(["response_hex", "response_decimal"] as const)("whose ids are written otherwise (%s)", async (ids) => {
    const { decide, send, receipts } = await openBound({ smsc: { ids } });
    decide({ answer: 0, receipts: [{ state: "DELIVRD", afterMs: 0 }] });
    const answer = await send();
    await eventually(() => expect(receipts).toHaveLength(1));
    expect(answer).toEqual({ kind: "taken", receiptId: receipts[0]?.receiptId });
  });

  it("of a long message: delivered when all parts are, however they come and come again", async () => {
    const { decide, send, receipts, smsc } = await openBound();
    decide({ answer: 0 });
    const answer = await send({ text: long });
    for (const part of [id + 1, id + 1, id + 1]) smsc.receipt(String(part), phone, { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toHaveLength(3));
    expect(receipts).toEqual([]);
    smsc.receipt(String(id), phone, { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(receipts).toHaveLength(1));
    expect(receipts).toEqual([
      { receiptId: (answer as { receiptId: string }).receiptId, report: { state: "delivered" } },
    ]);
  });

  /** A long message whose first part was taken; the second one's answer does not come. */
  async function halfSent(options: WorldOptions = {}) {
    const clock = manualClock();
    const world = await openBound({ clock, ...options });
    world.decide((number) => ({ answer: number === 2 ? "never" : 0 }));
    const sent = world.send({ text: long });
    atEnd(async () => {
      clock.pass(5000);
      await sent;
    });
    await eventually(() => {
      // The second part's time on the bind.
      clock.pass(1);
      expect(world.smsc.submits).toHaveLength(2);
    });
    return world;
  }

  it("of other gateways' messages are not held while a long message is being sent", async () => {
    const { smsc, receipts } = await halfSent();
    smsc.receipt("77", "447700900999", { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0]));
    expect(receipts).toEqual([{ receiptId: "acme:77", report: { state: "delivered" } }]);
  });

  test.each([
    ["same", String(id)],
    ["response_hex", String(id)],
    ["response_decimal", id.toString(16)],
  ] as const)("of a part, while the next one is being sent, are of its message (ids: %s)", async (ids, part) => {
    const { smsc, receipts } = await halfSent({ smsc: { ids } });
    smsc.receipt(part, phone.slice(1), { state: "UNDELIV", afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0]));
    expect(receipts).toEqual([
      { receiptId: expect.stringMatching(/^acme:parts-/), report: { state: "failed", reason: "not_reachable" } },
    ]);
  });

  it("of a long message's parts, each before its submit's answer", async () => {
    const { decide, send, receipts } = await openBound();
    decide({ answer: 0, answerDelayMs: 50, receipts: [{ state: "DELIVRD", afterMs: -50 }] });
    const { receiptId } = (await send({ text: long })) as { receiptId: string };
    await eventually(() => expect(receipts).toContainEqual({ receiptId, report: { state: "delivered" } }));
  });

  it("of a part that came to another gateway before the other parts were sent: they are not lost", async () => {
    const parts = partsInMemory();
    const { send, receipts, smsc } = await openBound({ parts });
    // The other gateway knows no message that it belongs to.
    expect(await parts.groupOf(`acme:${id}`, { state: "delivered" })).toBeNull();
    const answer = await send({ text: long });
    smsc.receipt(String(id + 1), phone, { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(receipts).toHaveLength(1));
    expect(receipts).toEqual([
      { receiptId: (answer as { receiptId: string }).receiptId, report: { state: "delivered" } },
    ]);
  });

  it("of a long message: failed when one part is, whatever the others say", async () => {
    const { send, receipts, smsc } = await openBound();
    await send({ text: long });
    smsc.receipt(String(id), phone, { state: "UNDELIV", afterMs: 0 });
    smsc.receipt(String(id + 1), phone, { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toHaveLength(2));
    expect(receipts.map(({ report }) => report)).toEqual([{ state: "failed", reason: "not_reachable" }]);
  });

  it("of messages that this gateway does not know are passed on: another gateway may have sent them", async () => {
    const { receipts, smsc } = await openBound();
    smsc.receipt("77", phone, { state: "EXPIRED", afterMs: 0 });
    await eventually(() =>
      expect(receipts).toEqual([{ receiptId: "acme:77", report: { state: "failed", reason: "expired" } }]),
    );
  });

  it("that say nothing new are answered and not passed on", async () => {
    const { receipts, smsc } = await openBound();
    for (const state of ["ENROUTE", "ACCEPTD", "UNKNOWN"] as const) smsc.receipt("77", phone, { state, afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0, 0, 0]));
    expect(receipts).toEqual([]);
  });

  it("that could not be stored are asked for again", async () => {
    const { answerReceipts, smsc } = await openBound();
    answerReceipts(false);
    smsc.receipt("77", phone, { state: "DELIVRD", afterMs: 0 });
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0x64]));
  });

  it("messages of persons are answered, dropped and counted", async () => {
    const { receipts, smsc, events } = await openBound();
    smsc.inbound(phone, "ACME", "id:1000000001 sub:001 dlvrd:001 stat:DELIVRD err:000 text:");
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0]));
    expect(receipts).toEqual([]);
    expect(events).toContainEqual(["sms.dropped", { route: "acme", what: "message" }]);
  });
});
