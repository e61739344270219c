/** Reads Meta's webhook: the statuses of messages, as receipts. */
import type { MessageReport, Receipt } from "../messages/provider-port.ts";
import { whatsAppFailure } from "./failures.ts";
import { errorCodeOf, maxIdLength, receiptIdOf } from "./phone-number.ts";

type Json = Readonly<Record<string, unknown>>;

const itemsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.filter((item): item is Json => typeof item === "object" && item !== null) : [];

/**
 * The receipts in a webhook's body; everything else in it (messages of people, other numbers of the app) is ignored.
 * @param ours ids of our phone numbers
 */
export function receiptsOf(body: unknown, ours: ReadonlySet<string>): readonly Receipt[] {
  return itemsOf((body as Json | null)?.entry)
    .flatMap(({ changes }) => itemsOf(changes))
    .filter(({ field }) => field === "messages")
    .map(({ value }) => (value ?? {}) as Json)
    .filter(({ metadata }) => ours.has(String((metadata as Json | undefined)?.phone_number_id)))
    .flatMap(({ statuses }) => itemsOf(statuses))
    .flatMap((status) => receiptOf(status) ?? []);
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
