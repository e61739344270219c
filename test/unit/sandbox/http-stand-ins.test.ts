/** The stand-ins of services that are reached over HTTP: each kind of failure, seen from the channel and from the person. */
import { fastify } from "fastify";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import type { MessageProvider, Receipt } from "../../../src/channels/messages/provider-port.ts";
import { push } from "../../../src/channels/push/index.ts";
import { SmsHttp, type SmsHttpConfig } from "../../../src/channels/sms/http/config.ts";
import { createSmsHttpRoute } from "../../../src/channels/sms/http/route.ts";
import { smsHttpWebhooks } from "../../../src/channels/sms/http/webhook.ts";
import { whatsApp } from "../../../src/channels/whatsapp/index.ts";
import { createApnsStandIn } from "../../../src/sandbox/providers/apple.ts";
import { createFcmStandIn } from "../../../src/sandbox/providers/google.ts";
import { createSmsHttpStandIn } from "../../../src/sandbox/providers/http-sms.ts";
import { createMetaStandIn } from "../../../src/sandbox/providers/meta.ts";
import type { FailureKind, StandIn, StandInMessage, StandInParts } from "../../../src/sandbox/providers/provider.ts";
import { createWebPushStandIn } from "../../../src/sandbox/providers/web-push.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { readValue } from "../../../src/typed-yaml/read.ts";
import { nodeOf } from "../../../src/typed-yaml/schema-node.ts";
import { deliver, outgoingMessage, secretCode } from "../../support/outgoing-message.ts";
import { testConfig } from "../../support/test-config.ts";

const parts = {
  ...{ clock: systemClock, random: cryptoRandom, logger: pino({ level: "silent" }) },
  timings: { deliveryMs: 1, receiptMs: 1, lateReceiptMs: 60 },
};
const number = "+447911123456";
const pushStandIns: Readonly<Record<string, (own: StandInParts) => StandIn>> = {
  ...{ fcm: createFcmStandIn, apns: createApnsStandIn, "web-push": createWebPushStandIn },
};

interface Opened {
  readonly standIn: StandIn;
  readonly to: string;
  readonly arrived: readonly StandInMessage[];
  readonly receipts: readonly Receipt[];
  /** Sends one message; its state, or the reason of its failure. */
  send(): Promise<string>;
}

async function started(standIn: StandIn, kind: FailureKind | null) {
  const arrived: StandInMessage[] = [];
  standIn.onMessage((message) => arrived.push(message));
  standIn.setFailure(() => kind);
  await standIn.start();
  onTestFinished(() => standIn.stop());
  return { arrived, config: standIn.config() };
}

/** The channel's answer, and its webhook behind a server of its own. */
async function opened(name: string, kind: FailureKind | null): Promise<Opened> {
  const receipts: Receipt[] = [];
  const receive = async (receipt: Receipt) => receipts.push(receipt) > 0;
  const server = fastify();
  onTestFinished(() => server.close());
  const sender = (provider: MessageProvider, to: string) => async () => {
    const { report } = await deliver(provider, outgoingMessage(to));
    return report.state === "failed" ? report.reason : report.state;
  };

  if (name === "meta") {
    const standIn = createMetaStandIn(parts);
    const { arrived, config } = await started(standIn, kind);
    const { whatsapp } = testConfig(config);
    if (whatsapp === undefined) throw new Error("no whatsapp");
    const { spec, webhook } = whatsApp({ config: whatsapp, clock: systemClock, random: cryptoRandom });
    spec.provider.onReceipt(receive);
    onTestFinished(() => spec.provider.stop(0));
    await server.register(webhook);
    standIn.setGateway?.(await server.listen({ port: 0, host: "127.0.0.1" }));
    return { standIn, to: number, arrived, receipts, send: sender(spec.provider, number) };
  }
  if (name === "sms-http") {
    const standIn = createSmsHttpStandIn(parts);
    const { arrived, config } = await started(standIn, kind);
    const { http } = (config as { sms: { routes: { aggregator: { http: object } } } }).sms.routes.aggregator;
    const own = readValue(nodeOf(SmsHttp), http, [], (problem) => expect(problem).toBeNull()) as SmsHttpConfig;
    const route = createSmsHttpRoute({
      ...{ name: "aggregator", config: own, segmentsOf: () => 1, clock: systemClock, random: cryptoRandom },
    });
    route.onReceipt(receive);
    onTestFinished(() => route.stop(0));
    await server.register(smsHttpWebhooks([route], systemClock), { prefix: "/webhooks/sms" });
    standIn.setGateway?.(await server.listen({ port: 0, host: "127.0.0.1" }));
    const send = async () => {
      const message = { ...outgoingMessage(number), sender: null, validityMs: 60_000 };
      const place = await route.reserve(message);
      const answer = "none" in place ? null : await place.submit(message);
      if (answer?.kind === "taken") return "sent";
      return answer?.kind === "refused" ? answer.reason : "unknown_result";
    };
    return { standIn, to: number, arrived, receipts, send };
  }
  const standIn = (pushStandIns[name] ?? createFcmStandIn)(parts);
  const { arrived, config } = await started(standIn, kind);
  const { push: own } = testConfig(config);
  if (own === undefined) throw new Error("no push");
  const spec = push({ config: own, clock: systemClock, random: cryptoRandom });
  onTestFinished(() => spec.provider.stop(0));
  const to = standIn.recipient?.(null) ?? "";
  expect(spec.readRecipient?.(to)).toEqual({ to });
  return { standIn, to, arrived, receipts, send: sender(spec.provider, to) };
}

const receiptStates = (receipts: readonly Receipt[]) => receipts.map(({ report }) => report.state);

describe.each(["meta", "sms-http", "fcm", "apns", "web-push"])("%s", (name) => {
  const hasReceipts = name === "meta" || name === "sms-http";

  it("a message arrives whole, as the recipient was given", async () => {
    const { to, arrived, receipts, send, standIn } = await opened(name, null);
    expect(await send()).toBe("sent");
    await expect.poll(() => arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({ channel: standIn.channel, to, text: expect.stringContaining(secretCode) });
    if (hasReceipts) await expect.poll(() => receiptStates(receipts)).toContain("delivered");
  });

  it.each([
    ["unknown_recipient", { meta: "not_reachable", default: "invalid_recipient" }],
    ["not_reachable", { meta: "not_reachable", default: "invalid_recipient" }],
    ["throttled", { default: "throttled" }],
    ["down", { default: "provider_down" }],
  ] as const)("%s: refused at once, and nothing arrives", async (kind, reasons) => {
    const { arrived, send, standIn } = await opened(name, kind);
    expect(standIn.failures).toContain(kind);
    expect(await send()).toBe(name in reasons ? (reasons as Record<string, string>)[name] : reasons.default);
    expect(arrived).toEqual([]);
  });

  it("lost_answer: arrives once, and the channel does not know", async () => {
    const { arrived, send } = await opened(name, "lost_answer");
    // The SMS route has an idempotency header: it asks once more and learns that it was taken.
    expect(await send()).toBe(name === "sms-http" ? "sent" : "unknown_result");
    await expect.poll(() => arrived).toHaveLength(1);
  });

  it("no_receipt: taken, and never heard of again", async () => {
    const { arrived, receipts, send } = await opened(name, "no_receipt");
    expect(await send()).toBe("sent");
    // A second message is a later sign of life: whatever belongs to the first has come before.
    expect(await send()).toBe("sent");
    expect(arrived).toEqual([]);
    expect(receiptStates(receipts)).not.toContain("delivered");
  });
});

describe.each(["meta", "sms-http"])("receipts of %s", (name) => {
  it("failed_receipt: taken, then told that it failed", async () => {
    const { arrived, receipts, send } = await opened(name, "failed_receipt");
    expect(await send()).toBe("sent");
    await expect.poll(() => receiptStates(receipts)).toEqual(["failed"]);
    expect(receipts[0]?.report).toMatchObject({ reason: "not_reachable" });
    expect(arrived).toEqual([]);
  });

  it("late_receipt: arrives, and the receipt comes afterwards", async () => {
    const { arrived, receipts, send } = await opened(name, "late_receipt");
    await send();
    await expect.poll(() => arrived, { interval: 2 }).toHaveLength(1);
    expect(receipts).toEqual([]);
    await expect.poll(() => receiptStates(receipts)).toContain("delivered");
  });

  it("odd_receipts: doubled, out of order, and one for a message that does not exist", async () => {
    const { receipts, send } = await opened(name, "odd_receipts");
    await send();
    await expect.poll(() => new Set(receipts.map(({ receiptId }) => receiptId)).size).toBe(2);
    const [first] = receipts;
    const own = receipts.filter(({ receiptId }) => receiptId === first?.receiptId);
    expect(receiptStates(own).filter((state) => state === "delivered").length).toBeGreaterThan(1);
    expect(receiptStates(own).at(name === "meta" ? -1 : 0)).toBe(name === "meta" ? "sent" : "delivered");
  });
});

it("recipients of push have the ending by which a failure is chosen", async () => {
  for (const create of [createFcmStandIn, createApnsStandIn, createWebPushStandIn]) {
    const standIn = create(parts);
    const asked: string[] = [];
    await started(standIn, null);
    standIn.setFailure((to) => {
      asked.push(to);
      return null;
    });
    expect(standIn.recipient?.("922")).toContain("922");
    expect(standIn.recipient?.(null)).not.toMatch(/\d{3}$/);
  }
});
