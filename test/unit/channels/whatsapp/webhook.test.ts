/** The webhook: Meta's handshake, signatures over the raw body, and what receipts of every kind lead to. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { fastify } from "fastify";
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../../src/channels/messages/provider-port.ts";
import { receiptsOf } from "../../../../src/channels/whatsapp/receipts.ts";
import { webhookRoutes } from "../../../../src/channels/whatsapp/webhook.ts";
import { answerError } from "../../../../src/http/errors/handler.ts";
import { statusWebhook } from "../../../../src/sandbox/providers/meta-server.ts";
import { phoneNumberId, whatsAppSecrets, whatsAppWithMeta } from "../../../support/http-providers.ts";

const path = "/webhooks/whatsapp";
const { verify_token: verifyToken, app_secret: appSecret } = whatsAppSecrets;

async function webhook(options: { readonly stored?: boolean } = {}) {
  const { provider } = await whatsAppWithMeta();
  const receipts: Receipt[] = [];
  provider.onReceipt(async (receipt) => {
    receipts.push(receipt);
    return options.stored ?? true;
  });
  const server = fastify();
  server.setErrorHandler(answerError);
  server.decorateRequest("refusal", null);
  server.decorateRequest("app", null);
  server.decorateRequest("quiet", false);
  await server.register(webhookRoutes({ verifyToken, appSecret, receive: (body) => provider.receive(body) }), {
    prefix: path,
  });
  return { server, receipts };
}

const sign = (body: string | Buffer, secret = appSecret) =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

async function post(server: Awaited<ReturnType<typeof webhook>>["server"], body: string, signature?: string) {
  const headers = {
    "content-type": "application/json",
    ...(signature !== undefined && { "x-hub-signature-256": signature }),
  };
  return await server.inject({ method: "POST", url: path, headers, payload: body });
}

const status = (id: string, state: string, failure: { code: number; title: string } | null = null) =>
  JSON.stringify(
    statusWebhook({
      phoneNumberId,
      id,
      to: "447911123456",
      status: state,
      failure: failure && { ...failure, status: null },
    }),
  );

describe("the handshake", () => {
  const query = (own: Readonly<Record<string, string>>) =>
    `${path}?${new URLSearchParams({ "hub.mode": "subscribe", "hub.verify_token": verifyToken, "hub.challenge": "1158201444", ...own })}`;

  it("sends the challenge back, as plain text", async () => {
    const { server } = await webhook();
    const answer = await server.inject(query({}));
    expect([answer.statusCode, answer.body, answer.headers["content-type"]]).toEqual([
      200,
      "1158201444",
      "text/plain; charset=utf-8",
    ]);
  });

  it.each([
    ["a wrong token", { "hub.verify_token": "guess" }, 403],
    ["an empty token", { "hub.verify_token": "" }, 403],
    ["another mode", { "hub.mode": "unsubscribe" }, 403],
    ["a challenge with markup", { "hub.challenge": "<script>" }, 400],
    ["an endless challenge", { "hub.challenge": "1".repeat(300) }, 400],
  ])("refuses %s", async (_, own, expected) => {
    const { server } = await webhook();
    const answer = await server.inject(query(own));
    expect(answer.statusCode).toBe(expected);
    expect(answer.body).not.toContain(verifyToken);
    expect(answer.body).not.toContain("<script>");
  });
});

describe("signatures", () => {
  const body = status("wamid.A", "delivered");
  it.each([
    ["no signature", body, undefined],
    ["a signature with another secret", body, sign(body, "another-secret")],
    ["the signature of another body", body, sign(`${body} `)],
    ["SHA-1, as the older header had it", body, `sha1=${createHmac("sha1", appSecret).update(body).digest("hex")}`],
    ["a signature that is too short", body, "sha256=00"],
    ["what is no signature", body, "sha256=zz"],
    ["an empty body with no signature", "", undefined],
    ["what is no JSON, unsigned", "{", undefined],
  ])("%s: 401, and nothing is taken", async (_, payload, signature) => {
    const { server, receipts } = await webhook();
    expect((await post(server, payload, signature)).statusCode).toBe(401);
    expect(receipts).toEqual([]);
  });

  it("the raw body counts, not what it parses to", async () => {
    const { server, receipts } = await webhook();
    const spaced = `{ "object" : "whatsapp_business_account", "note": "\\u00e9é",  ${status("wamid.A", "delivered").slice(1)}`;
    expect((await post(server, spaced, sign(spaced))).statusCode).toBe(200);
    expect(receipts).toHaveLength(1);
  });

  it("a signed body that is no JSON: 400", async () => {
    const { server } = await webhook();
    expect((await post(server, "{", sign("{"))).statusCode).toBe(400);
  });

  it("a large body without a signature is refused before it is read", async () => {
    const { server } = await webhook();
    const large = JSON.stringify({ entry: "x".repeat(3_200_000) });
    expect((await post(server, large)).statusCode).toBe(401);
    expect((await post(server, large, "sha256=guess")).statusCode).toBe(401);
  });

  it("a body above 3 MB is not read: 413", async () => {
    const { server } = await webhook();
    const large = JSON.stringify({ entry: "x".repeat(3_200_000) });
    expect((await post(server, large, sign(large))).statusCode).toBe(413);
  });
});

describe("receipts", () => {
  const failure = { code: 131026, title: "Message undeliverable" };
  const delivered = { receiptId: "whatsapp:wamid.A", report: { state: "delivered" } };
  it.each([
    ["sent", [status("wamid.A", "sent")], [{ receiptId: "whatsapp:wamid.A", report: { state: "sent" } }]],
    ["delivered", [status("wamid.A", "delivered")], [delivered]],
    ["read counts as delivered", [status("wamid.A", "read")], [delivered]],
    [
      "failed",
      [status("wamid.A", "failed", failure)],
      [
        {
          receiptId: "whatsapp:wamid.A",
          report: { state: "failed", reason: "not_reachable", result: { error_code: 131026 } },
        },
      ],
    ],
    [
      "doubled: passed on as they come, the delivery's machine ignores the second",
      [status("wamid.A", "delivered"), status("wamid.A", "delivered")],
      [delivered, delivered],
    ],
    [
      "out of order: likewise",
      [status("wamid.A", "delivered"), status("wamid.A", "sent")],
      [delivered, { receiptId: "whatsapp:wamid.A", report: { state: "sent" } }],
    ],
    [
      "an unknown id: the store does not know it",
      [status("wamid.unknown", "delivered")],
      [{ ...delivered, receiptId: "whatsapp:wamid.unknown" }],
    ],
    ["a state that is not known", [status("wamid.A", "teleported")], []],
    ["an id that is too long", [status("w".repeat(301), "delivered")], []],
    ["another number of the app", [status("wamid.A", "delivered").replace(phoneNumberId, "999")], []],
    [
      "messages that people write",
      [
        '{"entry":[{"changes":[{"field":"messages","value":{"messages":[{"from":"447911123456","text":{"body":"hi"}}]}}]}]}',
      ],
      [],
    ],
    [
      "a template's state",
      ['{"entry":[{"changes":[{"field":"message_template_status_update","value":{"event":"APPROVED"}}]}]}'],
      [],
    ],
    [
      "nonsense of every shape",
      ["null", "[]", '{"entry":1}', '{"entry":[null,{"changes":"x"},{"changes":[{"field":"messages"}]}]}'],
      [],
    ],
  ] as const)("%s", async (_, bodies, expected) => {
    const { server, receipts } = await webhook();
    for (const body of bodies) {
      // null is no object: it is refused, everything else is acknowledged.
      expect((await post(server, body, sign(body))).statusCode).toBe(body === "null" ? 400 : 200);
    }
    expect(receipts).toEqual(expected);
  });

  it("no body makes it throw, and none without our number and an id makes a receipt", () => {
    const ours = new Set([phoneNumberId]);
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ entry: fc.jsonValue() })), (body) => {
        expect(receiptsOf(body, ours)).toEqual([]);
      }),
    );
  });

  it("while the store is away Meta is asked to send them again", async () => {
    const { server } = await webhook({ stored: false });
    const body = status("wamid.A", "delivered");
    expect((await post(server, body, sign(body))).statusCode).toBe(503);
  });
});
