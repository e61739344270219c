/** Reads Meta's webhook: the statuses of messages, as receipts, and what people write. */
import { type InboundText, maxTextLength, senderNumber } from "../messages/inbound-text-port.ts";
import type { MessageReport, Receipt } from "../messages/provider-port.ts";
import { whatsAppFailure } from "./failures.ts";
import { errorCodeOf, maxIdLength, receiptIdOf } from "./phone-number.ts";

type Json = Readonly<Record<string, unknown>>;

const itemsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((item): item is Json => typeof item === "object" && item !== null) : [];

/** The parts of a webhook's body that concern our phone numbers; everything else in it is ignored. */
function valuesOf(body: unknown, ours: ReadonlySet<string>): readonly Json[] {
  return itemsOf((body as Json | null)?.entry)
    .flatMap(({ changes }) => itemsOf(changes))
    .filter(({ field }) => field === "messages")
    .map(({ value }) => (value ?? {}) as Json)
    .filter(({ metadata }) => ours.has(String((metadata as Json | undefined)?.phone_number_id)));
}

/**
 * The receipts in a webhook's body.
 * @param ours ids of our phone numbers
 */
export function receiptsOf(body: unknown, ours: ReadonlySet<string>): readonly Receipt[] {
  return valuesOf(body, ours)
    .flatMap(({ statuses }) => itemsOf(statuses))
    .flatMap((status) => receiptOf(status) ?? []);
}

/** What people wrote to our phone numbers, or the quick-reply button that they pressed. */
export function textsOf(body: unknown, ours: ReadonlySet<string>): readonly InboundText[] {
  return valuesOf(body, ours).flatMap(({ messages, metadata }) => {
    const to = (metadata as Json | undefined)?.phone_number_id;
    return itemsOf(messages).flatMap((message) => {
      const from = senderNumber(typeof message.from === "string" ? message.from : "");
      const text = (message.text as Json | undefined)?.body ?? (message.button as Json | undefined)?.text;
      if (from === null || typeof text !== "string") return [];
      return [
        { channel: "whatsapp", from, to: typeof to === "string" ? to : null, text: text.slice(0, maxTextLength) },
      ];
    });
  });
}

function receiptOf({ id, status, errors }: Json): Receipt | null {
  if (typeof id !== "string" || id === "" || id.length > maxIdLength) return null;
  const report = reportOf(status, errors);
  return report === null ? null : { receiptId: receiptIdOf(id), report };
}

function reportOf(status: unknown, errors: unknown): MessageReport | null {
  switch (status) {
    case "sent":
      return { state: "sent" };
    // Who has read it has got it; the two may come in either order.
    case "delivered":
    case "read":
      return { state: "delivered" };
    case "failed": {
      const code = errorCodeOf(itemsOf(errors)[0]);
      return { state: "failed", reason: whatsAppFailure(code, null).reason, result: { error_code: code } };
    }
    default:
      return null;
  }
}
