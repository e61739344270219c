/** What a shadow answer says of its route, sender and price is what a message of the same order would say. */
import pino from "pino";
import { expect, it } from "vitest";
import type { MessageProvider, OutgoingMessage } from "../../../../src/channels/messages/provider-port.ts";
import { createSmsProvider } from "../../../../src/channels/sms/provider.ts";
import type { SmsRoute } from "../../../../src/channels/sms/route-port.ts";
import { createSmsRouting } from "../../../../src/channels/sms/routing.ts";
import { whatsAppWithMeta } from "../../../support/http-providers.ts";
import { manualClock } from "../../../support/manual-clock.ts";
import { outgoingMessage } from "../../../support/outgoing-message.ts";
import { fcmTo, pushWithServices } from "../../../support/push-services.ts";
import { plain, withMail } from "../email/support.ts";

const mail = withMail();

async function alike(provider: MessageProvider, message: OutgoingMessage): Promise<void> {
  const { app, to, country, text, locale } = message;
  const reservation = await provider.reserve({ app, to, country, text, locale });
  const { report } = await reservation.submit(message);
  const { details, cost, sent } = provider.preview?.({ app, to, country, text, locale }) ?? {};
  expect({ details, cost, sent }).toEqual({
    details: reservation.details,
    cost: reservation.cost,
    sent: report.result ?? null,
  });
}

function smsRoute(name: string, up: boolean): SmsRoute {
  return {
    name,
    submitLimitMs: 1000,
    segmentsOf: () => 1,
    reserve: async () =>
      up
        ? { segments: 1, submit: async () => ({ kind: "taken", receiptId: null }), release: () => undefined }
        : { none: "provider_down", retryAfterMs: 1000 },
    ...{ onReceipt: () => undefined, onText: () => undefined },
    health: () => ({ up, detail: "" }),
    start: async () => undefined,
    stop: async () => undefined,
  };
}

it("by SMS, over the first route that is up", async () => {
  const routing = createSmsRouting({
    routes: {
      one: { senders: [], prices: [] },
      two: { senders: [{ sender: "Shop" }], prices: [{ prefix: "+", price: 0.05 }] },
    } as never,
    prefixes: [{ prefix: "+", routes: ["one", "two"] }],
    senders: [],
  });
  const routes = new Map([smsRoute("one", false), smsRoute("two", true)].map((route) => [route.name, route]));
  const logger = pino({ level: "silent" });
  await alike(createSmsProvider({ routes, routing, clock: manualClock(), logger }), outgoingMessage("+447911123456"));
});

it("by WhatsApp", async () => {
  const { provider } = await whatsAppWithMeta({ own: { prices: [{ prefix: "+44", price: 0.03 }] } });
  await alike(provider, outgoingMessage("+447911123456"));
});

it("by push", async () => {
  const { provider } = await pushWithServices({ own: { price: 0.001 } });
  await alike(provider, outgoingMessage(fcmTo));
});

it("by e-mail, with the reply that its server gives", async () => {
  const server = await mail.server();
  const provider = await mail.provider({ servers: [plain(server)], price: 0.001 });
  await alike(provider, outgoingMessage("ada@example.com"));
});
