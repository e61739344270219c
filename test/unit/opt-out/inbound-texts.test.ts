/** What people send back, by each way that it comes in: from the carrier's connection to one port. */
import { createHmac } from "node:crypto";
import { type FastifyPluginAsync, fastify } from "fastify";
import { pino } from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { type InboundText, senderNumber } from "../../../src/channels/messages/inbound-text-port.ts";
import { SmsHttp, type SmsHttpConfig } from "../../../src/channels/sms/http/config.ts";
import { createSmsHttpRoute } from "../../../src/channels/sms/http/route.ts";
import { smsHttpWebhooks } from "../../../src/channels/sms/http/webhook.ts";
import { inboundText } from "../../../src/channels/sms/smpp/receipt.ts";
import { webhookRoutes } from "../../../src/channels/whatsapp/webhook.ts";
import { answerError } from "../../../src/http/errors/handler.ts";
import { liftingSink } from "../../../src/opt-out/lifting.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { cryptoRandom } from "../../../src/shared/random.ts";
import { readValue } from "../../../src/typed-yaml/read.ts";
import { nodeOf } from "../../../src/typed-yaml/schema-node.ts";
import { freeMessageAdmission } from "../../support/free-message-admission.ts";
import { phoneNumberId, whatsAppSecrets, whatsAppWithMeta } from "../../support/http-providers.ts";
import { eventually, openBound, phone } from "../channels/sms/world.ts";

async function serverWith(plugin: FastifyPluginAsync, prefix: string) {
  const server = fastify();
  onTestFinished(() => server.close());
  server.setErrorHandler(answerError);
  for (const name of ["refusal", "app", "quiet"]) server.decorateRequest(name, null);
  await server.register(plugin, { prefix });
  return server;
}

describe("over SMPP", () => {
  async function bound(dealtWith = true) {
    const world = await openBound();
    const texts: InboundText[] = [];
    world.route.onText(async (text) => {
      texts.push(text);
      return dealtWith;
    });
    return { ...world, texts };
  }

  it("a deliver_sm that is no receipt is handed on, answered, and not dropped", async () => {
    const { smsc, texts, receipts, events } = await bound();
    smsc.inbound(phone, "ACME", "Stop");
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0]));
    expect(texts).toEqual([{ channel: "sms", from: phone, to: "ACME", text: "Stop" }]);
    expect([receipts, events.filter(([name]) => name === "sms.dropped")]).toEqual([[], []]);
  });

  it("what cannot be stored is asked for again", async () => {
    const { smsc } = await bound(false);
    smsc.inbound(phone, "ACME", "STOP");
    await eventually(() => expect(smsc.deliverStatuses).toEqual([0x64]));
  });

  it("a text that looks like a receipt is still a text", async () => {
    const { smsc, texts, receipts } = await bound();
    smsc.inbound(phone, "ACME", "id:1 stat:DELIVRD err:000 text:");
    await eventually(() => expect(texts).toHaveLength(1));
    expect(receipts).toEqual([]);
  });

  const pdu = (fields: object) => ({
    fields: {
      ...{ esm_class: 0, data_coding: 0, source_addr: "447400123456", destination_addr: "80808" },
      short_message: Buffer.from("STOP"),
      ...fields,
    },
    tlvs: new Map(),
  });
  it.each([
    ["in UCS-2", { data_coding: 8, short_message: Buffer.from("СТОП", "utf16le").swap16() }, "СТОП"],
    [
      "with a user data header",
      { esm_class: 0x40, short_message: Buffer.from("\x05\x00\x03\x01\x01\x01STOP") },
      "STOP",
    ],
    ["from an international number", { source_addr_ton: 1 }, "STOP"],
  ])("%s", (_what, fields, text) => {
    expect(inboundText(pdu(fields), "sms")).toMatchObject({ from: "+447400123456", to: "80808", text });
  });
  it.each([
    ["a national number", { source_addr_ton: 2 }],
    ["a name", { source_addr_ton: 5, source_addr: "ACME" }],
    ["a short code", { source_addr: "80808" }],
  ])("from %s it is nobody's", (_what, fields) => expect(inboundText(pdu(fields), "sms")).toBeNull());
});

it.each([
  ["447400123456", "+447400123456"],
  ["+447400123456", "+447400123456"],
  ["00447400123456", "+447400123456"],
  ["07400123456", null],
  ["80808", null],
  ["ACME", null],
  ["", null],
])("a sender written %s is %s", (text, number) => expect(senderNumber(text)).toBe(number));

describe("over a provider's HTTP webhook", () => {
  const secret = "s3cret-of-texts-1";
  const document = {
    ...{ url: "https://api.example.com/send", json: '{"to":"{to}","text":"{text}"}' },
    texts: { secret, signature_header: "X-Signature", items: "/items", from: "/from", to: "/to", text: "/body" },
  };
  async function webhook(dealtWith = true) {
    const config = readValue(nodeOf(SmsHttp), document, [], (problem) => expect(problem).toBeNull()) as SmsHttpConfig;
    const route = createSmsHttpRoute({
      ...{ name: "acme", config, segmentsOf: () => 1, admission: freeMessageAdmission, clock: systemClock },
      ...{ random: cryptoRandom, logger: pino({ level: "silent" }), shareOf: () => ({ weight: 1, shares: false }) },
    });
    const texts: InboundText[] = [];
    route.onText(async (text) => {
      texts.push(text);
      return dealtWith;
    });
    const server = await serverWith(smsHttpWebhooks([route], systemClock), "/webhooks/sms");
    const post = (body: string, signature = createHmac("sha256", secret).update(body).digest("hex")) =>
      server.inject({
        ...{ method: "POST", url: "/webhooks/sms/acme/texts", payload: body },
        headers: { "content-type": "application/json", "x-signature": signature },
      });
    return { post, texts, server };
  }
  const body = JSON.stringify({
    items: [
      { from: "447400123456", to: "ACME", body: "stop" },
      { from: "ACME", to: "ACME", body: "stop" },
      { from: "447400123456", body: 7 },
    ],
  });

  it("texts are handed on, what has no number or no text is left out", async () => {
    const { post, texts } = await webhook();
    expect((await post(body)).statusCode).toBe(200);
    expect(texts).toEqual([{ channel: "sms", from: "+447400123456", to: "ACME", text: "stop" }]);
  });

  it("what is not signed opts nobody out, and what cannot be stored shall come again", async () => {
    const { post, texts, server } = await webhook(false);
    expect((await post(body, "00".repeat(32))).statusCode).toBe(401);
    expect(texts).toEqual([]);
    expect((await post(body)).statusCode).toBe(503);
    expect((await post("[")).statusCode).toBe(400);
    // The route has no receipts.
    expect((await server.inject({ method: "POST", url: "/webhooks/sms/acme", payload: body })).statusCode).toBe(404);
  });
});

it("over WhatsApp: what people write, and the quick reply that they press", async () => {
  const { provider } = await whatsAppWithMeta();
  const texts: InboundText[] = [];
  provider.onText?.(async (text) => texts.push(text) > 0);
  const { verify_token: verifyToken, app_secret: appSecret } = whatsAppSecrets;
  const receive = (body: unknown) => provider.receive(body);
  const server = await serverWith(webhookRoutes({ verifyToken, appSecret, receive }), "/webhooks/whatsapp");
  const messages = [
    { from: "447400123456", type: "text", text: { body: "STOP" } },
    { from: "447400123457", type: "button", button: { text: "Stop promotions", payload: "x" } },
    { from: "447400123458", type: "image", image: {} },
  ];
  const value = (id: string) => ({ messaging_product: "whatsapp", metadata: { phone_number_id: id }, messages });
  const changes = [phoneNumberId, "another"].map((id) => ({ field: "messages", value: value(id) }));
  const payload = JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes }] });
  const signature = `sha256=${createHmac("sha256", appSecret).update(payload).digest("hex")}`;
  const answer = await server.inject({
    ...{ method: "POST", url: "/webhooks/whatsapp", payload },
    headers: { "content-type": "application/json", "x-hub-signature-256": signature },
  });
  expect(answer.statusCode).toBe(200);
  expect(texts).toEqual([
    { channel: "whatsapp", from: "+447400123456", to: phoneNumberId, text: "STOP" },
    { channel: "whatsapp", from: "+447400123457", to: phoneNumberId, text: "Stop promotions" },
  ]);
});

describe("an opt-out is lifted", () => {
  const ended = (status: string, channel: string, test = false) => {
    const proof = status === "verified" ? { kind: "phone", value: "+447400123456", channel } : null;
    return {
      event: {
        type: "verification.ended",
        app: "shop",
        at: "2026-03-01T12:00:00.500Z",
        data: { status, proof, ...(test && { test }) },
      },
    } as never;
  };
  it("by a verified call in alone, for its app", async () => {
    const lifted: unknown[] = [];
    const sink = liftingSink({ lift: async (...args) => lifted.push(args) > 0 }, (channel) => channel !== "call_in");
    await sink.append([ended("verified", "sms"), ended("expired", "call_in")]);
    // A test number's proves nothing.
    await sink.append([ended("verified", "call_in", true), ended("verified", "call_in")]);
    expect(lifted).toEqual([["+447400123456", "shop", Date.UTC(2026, 2, 1, 12, 0, 0, 500)]]);
  });
  it("or comes again where the store is away", async () => {
    const sink = liftingSink({ lift: () => Promise.reject(new Error("away")) }, () => false);
    await expect(sink.append([ended("verified", "call_in")])).rejects.toThrow("away");
  });
});
