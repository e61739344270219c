/** The provider before a simulated Meta: what is sent, what each failure leads to, and when the next one may go. */
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../../../src/channels/messages/provider-port.ts";
import { Refusal } from "../../../../src/shared/refusal.ts";
import { noJitter, phoneNumberId, whatsAppWithMeta } from "../../../support/http-providers.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { deliver, outgoingMessage, secretCode } from "../../../support/outgoing-message.ts";

const to = "+447911123456";
const other = "+447911123457";

async function refusalOf(work: Promise<unknown>): Promise<{ code: string; retryAfterMs: number | null } | null> {
  const error = await work.then(
    () => null,
    (caught: unknown) => caught,
  );
  return error instanceof Refusal ? { code: error.code, retryAfterMs: error.retryAfterMs } : null;
}

describe("a message", () => {
  it("goes out as the template in the text's language, and its receipts name it", async () => {
    const { meta, provider } = await whatsAppWithMeta({
      own: {
        prices: [
          { prefix: "+", price: 0.05 },
          { prefix: "+44", price: 0.03 },
        ],
      },
    });
    const sent = await deliver(provider, outgoingMessage(to, { locale: "pt-BR" }));
    expect(sent).toEqual({
      report: { state: "sent" },
      receiptId: expect.stringMatching(/^whatsapp:wamid\./),
      details: { sender: "main", template: "code", language: "pt_BR" },
      cost: 0.03,
    });
    expect(meta.messages).toMatchObject([{ to, text: expect.stringContaining(secretCode) }]);
    expect(sent.receiptId).toBe(`whatsapp:${meta.messages[0]?.id}`);
  });

  it("an app has a template of its own", async () => {
    const { provider } = await whatsAppWithMeta({
      own: { app_templates: { shop: { name: "bank_code", languages: ["en"] } } },
    });
    expect((await deliver(provider, outgoingMessage(to))).details).toMatchObject({
      template: "bank_code",
      language: "en",
    });
    // What every object knows is no template of an app.
    const { details } = await deliver(provider, outgoingMessage(to, { app: "constructor" }));
    expect(details).toMatchObject({ template: "code" });
  });

  it("goes by the number of the longest prefix, and by another where that one is at its rate", async () => {
    const { provider } = await whatsAppWithMeta({
      own: {
        phone_numbers: {
          world: { phone_number_id: phoneNumberId, messages_per_second: 1 },
          britain: { phone_number_id: "106540352242923", prefixes: ["+44"], messages_per_second: 1 },
        },
      },
    });
    const senders: unknown[] = [];
    for (let count = 0; count < 2; count++) senders.push((await deliver(provider, outgoingMessage(to))).details.sender);
    expect(senders).toEqual(["britain", "world"]);
    expect(await refusalOf(deliver(provider, outgoingMessage(to)))).toMatchObject({ code: "capacity" });
  });

  it("to a country that no number serves is refused", async () => {
    const { provider } = await whatsAppWithMeta({
      own: { phone_numbers: { main: { phone_number_id: phoneNumberId, prefixes: ["+62"] } } },
    });
    expect(await refusalOf(deliver(provider, outgoingMessage(to)))).toMatchObject({ code: "invalid_request" });
  });
});

/**
 * What the message's delivery shows; then when another recipient, and the same one, can be reserved for: at once (null),
 * or the refusal and its Retry-After.
 */
describe("each failure", () => {
  const open = null;
  const wait = (ms: number) => ({ code: "capacity", retryAfterMs: ms });
  const down = (ms: number) => ({ code: "channel_unavailable", retryAfterMs: ms });

  it.each([
    ["not_on_whatsapp_at_once", "not_reachable", 131026, open, open],
    ["pair_rate_limit", "throttled", 131056, open, wait(3000)],
    ["throughput", "throttled", 130429, wait(500), wait(500)],
    ["account_rate_limit", "throttled", 80007, wait(500), wait(500)],
    ["template_missing", "rejected", 132001, open, open],
    ["token_expired", "rejected", 190, down(30_000), down(30_000)],
    ["unavailable", "provider_down", 131016, open, open],
    ["unknown_error", "provider_down", 131000, open, open],
  ])("%s: failed with %s, error %i", async (named, reason, code, next, again) => {
    const clock = manualClock();
    const { provider } = await whatsAppWithMeta({ clock, failureOf: (number) => (number === to ? named : null) });
    const { report, receiptId } = await deliver(provider, outgoingMessage(to));
    expect(report).toEqual({ state: "failed", reason, result: { error_code: code } });
    expect(receiptId).toBeNull();
    const reserve = (recipient: string) => {
      const { app, country, text, locale } = outgoingMessage(recipient);
      return refusalOf(
        provider.reserve({ app, to: recipient, country, text, locale }).then((place) => place.release()),
      );
    };
    expect(await reserve(other)).toEqual(next);
    expect(await reserve(to)).toEqual(again);
    clock.pass(30_000);
    expect(await reserve(to)).toBeNull();
  });

  it("an answer that is lost: it may have been sent", async () => {
    const { meta, provider } = await whatsAppWithMeta({ failureOf: () => "lost_answer" });
    const { report, receiptId } = await deliver(provider, outgoingMessage(to));
    expect(report).toEqual({ state: "failed", reason: "unknown_result" });
    expect(receiptId).toBeNull();
    expect(meta.messages).toHaveLength(1);
  });

  it("no answer within the deadline: likewise, within submitLimitMs", async () => {
    const { provider } = await whatsAppWithMeta({ failureOf: () => "no_answer" });
    const startedMs = performance.now();
    const { report } = await deliver(provider, outgoingMessage(to));
    expect(report).toEqual({ state: "failed", reason: "unknown_result" });
    expect(performance.now() - startedMs).toBeLessThan(provider.submitLimitMs);
  });

  it("no connection: it was certainly not sent; after three in a row the channel is down until a probe succeeds", async () => {
    const clock = manualClock();
    const { meta, provider } = await whatsAppWithMeta({ clock });
    await meta.close();
    for (let count = 0; count < 3; count++) {
      expect((await deliver(provider, outgoingMessage(to))).report).toEqual({
        state: "failed",
        reason: "provider_down",
      });
    }
    expect(provider.health()).toEqual({ up: false, detail: "main: 3 requests in a row failed" });
    expect(await refusalOf(deliver(provider, outgoingMessage(to)))).toEqual({
      code: "channel_unavailable",
      retryAfterMs: 500,
    });
    clock.pass(500);
    expect((await deliver(provider, outgoingMessage(to))).report).toMatchObject({ reason: "provider_down" });
  });

  it("Meta's own waiting time is kept", async () => {
    const { createPhoneNumber } = await import("../../../../src/channels/whatsapp/phone-number.ts");
    const { config } = await whatsAppWithMeta();
    const clock = manualClock();
    const usage = '{"106":[{"type":"whatsapp","estimated_time_to_regain_access":2}]}';
    const http = {
      request: async () => ({
        ...{ status: 400, headers: { "x-business-use-case-usage": usage } },
        body: Buffer.from('{"error":{"code":80007}}'),
      }),
      reach: async () => undefined,
      close: () => undefined,
      retire: () => undefined,
    };
    const number = createPhoneNumber("main", { config, http, clock, random: noJitter });
    number.gate.enter();
    await number.send(outgoingMessage(to), { name: "code", language: "en" });
    expect(number.gate.enter()).toEqual({ open: false, why: "throttled", retryAfterMs: 120_000 });
  });
});

describe("failures that come by webhook", () => {
  it.each([
    ["not_on_whatsapp", "not_reachable", 131026],
    ["held_back", "blocked", 131049],
    ["re_engagement", "rejected", 131047],
  ])("%s: sent, then failed with %s", async (named, reason, code) => {
    const { provider } = await whatsAppWithMeta({ failureOf: () => named });
    const { report, receiptId } = await deliver(provider, outgoingMessage(to));
    expect(report).toEqual({ state: "sent" });
    const receipts: Receipt[] = [];
    provider.onReceipt(async (receipt) => receipts.push(receipt) > 0);
    const { statusWebhook, metaFailures } = await import("../../../../src/sandbox/providers/meta-server.ts");
    const id = receiptId?.slice("whatsapp:".length) ?? "";
    const failure = metaFailures[named] ?? null;
    await provider.receive(statusWebhook({ phoneNumberId, id, to: "447911123456", status: "failed", failure }));
    expect(receipts).toEqual([{ receiptId, report: { state: "failed", reason, result: { error_code: code } } }]);
  });
});
