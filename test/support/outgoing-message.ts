/** A message as a message channel hands it to its provider. */
import type { MessageProvider, OutgoingMessage } from "../../src/channels/messages/provider-port.ts";

/** Ten digits: they occur in nothing by chance. */
export const secretCode = "8203746519";

export function outgoingMessage(to: string, own: Partial<OutgoingMessage> = {}): OutgoingMessage {
  return {
    ...{ deliveryId: "v00ffAAAAAAAAAAAAAAAAAAAAAA.1", app: "shop", to, country: "GB" },
    ...{ text: `${secretCode} is your code`, subject: "Your code", code: secretCode },
    ...{ locale: "en", appName: "Shop", minutes: 5, ...own },
  };
}

/** Reserves and submits one message. */
export async function deliver(provider: MessageProvider, message: OutgoingMessage) {
  const { app, to, country, text, locale } = message;
  const reservation = await provider.reserve({ app, to, country, text, locale });
  const { report, receiptId } = await reservation.submit(message);
  return { report, receiptId, details: reservation.details, cost: reservation.cost };
}
