/** The SMSC of the sandbox: each kind of failure, as the gateway's own SMS provider sees it. */
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Receipt } from "../../../src/channels/messages/provider-port.ts";
import { sms } from "../../../src/channels/sms/index.ts";
import type { FailureKind, StandIn, StandInMessage } from "../../../src/sandbox/providers/provider.ts";
import { createSmscStandIn } from "../../../src/sandbox/providers/smsc-stand-in.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { appsOf } from "../../support/apps.ts";
import { testConfig } from "../../support/test-config.ts";
import { freeAdmission, partsInMemory } from "../channels/sms/world.ts";

const clock = systemClock;
const random = cryptoRandom;
const logger = pino({ level: "silent" });
const to = "+447700900123";
const order = { app: "shop", to, country: "GB", text: "Your code is 483920", locale: "en" };
const message = { ...order, deliveryId: "d", subject: "", code: "483920", appName: "Shop", minutes: 5 };

let standIn: StandIn;
let provider: ReturnType<typeof sms>["spec"]["provider"];
let arrived: StandInMessage[];
let receipts: Receipt[];

beforeEach(async () => {
  standIn = createSmscStandIn({
    clock,
    random,
    logger,
    timings: { deliveryMs: 20, receiptMs: 20, lateReceiptMs: 300 },
  });
  arrived = [];
  receipts = [];
  standIn.onMessage((one) => arrived.push(one));
  await standIn.start();
  const config = testConfig(standIn.config());
  ({ provider } = sms({
    config: config.sms,
    limits: { limits: config.limits, apps: appsOf(1) },
    ...{ admission: freeAdmission, messageParts: partsInMemory(), publish: () => undefined, clock, random, logger },
  }).spec);
  provider.onReceipt(async (receipt) => {
    receipts.push(receipt);
    return true;
  });
  await provider.start();
});
afterEach(async () => {
  await provider.stop(0);
  await standIn.stop();
});

async function send(text = order.text) {
  const reservation = await provider.reserve({ ...order, text });
  return reservation.submit({ ...message, text });
}
const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const settle = () => new Promise((resolve) => setTimeout(resolve, 100));

it("delivers a message to its phone, then a receipt", async () => {
  const { report, receiptId } = await send();
  expect(report).toEqual({ state: "sent" });
  await eventually(() => expect(receipts).toEqual([{ receiptId, report: { state: "delivered" } }]));
  expect(arrived).toMatchObject([
    {
      ...{ channel: "sms", to, text: order.text, from: "OneRing", subject: null, html: null },
      details: { segments: 1 },
    },
  ]);
});

it("delivers a long message whole", async () => {
  const text = `Ваш код 483920. ${"Никому не сообщайте этот код. ".repeat(3)}`;
  await send(text);
  await eventually(() => expect(arrived).toMatchObject([{ text, details: { segments: 2 } }]));
  await eventually(() => expect(receipts).toHaveLength(1));
});

describe("a recipient with a failure", () => {
  it.each<[FailureKind, object, number]>([
    ["unknown_recipient", { state: "failed", reason: "invalid_recipient" }, 0],
    ["throttled", { state: "failed", reason: "throttled" }, 0],
    ["down", { state: "failed", reason: "provider_down" }, 0],
    ["lost_answer", { state: "failed", reason: "unknown_result" }, 1],
    ["no_receipt", { state: "sent" }, 0],
  ])("%s", async (kind, report, messages) => {
    standIn.setFailure((recipient) => (recipient === to ? kind : null));
    expect(standIn.failures).toContain(kind);
    expect((await send()).report).toEqual(report);
    await settle();
    expect(arrived).toHaveLength(messages);
    expect(receipts).toEqual([]);
  });

  it.each<[FailureKind, string]>([
    ["not_reachable", "not_reachable"],
    ["blocked", "blocked"],
    ["failed_receipt", "expired"],
  ])("%s: no message, and a receipt says %s", async (kind, reason) => {
    standIn.setFailure(() => kind);
    const { receiptId } = await send();
    await eventually(() => expect(receipts).toEqual([{ receiptId, report: { state: "failed", reason } }]));
    await settle();
    expect(arrived).toEqual([]);
  });

  it("late_receipt: the message first, the receipt much later", async () => {
    standIn.setFailure(() => "late_receipt");
    await send();
    await eventually(() => expect(arrived).toHaveLength(1));
    expect(receipts).toEqual([]);
    await eventually(() => expect(receipts).toHaveLength(1));
  });

  it("odd_receipts: doubled, out of order, and of a message that does not exist", async () => {
    standIn.setFailure(() => "odd_receipts");
    const { receiptId } = await send();
    // ENROUTE after DELIVRD says nothing new, so it is not passed on.
    await eventually(() => expect(receipts.filter((one) => one.receiptId === receiptId)).toHaveLength(2));
    expect(receipts.map(({ report }) => report.state)).toEqual(["delivered", "delivered", "delivered"]);
    expect(receipts.filter((one) => one.receiptId !== receiptId)).toHaveLength(1);
  });
});
