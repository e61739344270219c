/** Reads the receipts in a provider's webhook, as the configuration describes. */
import { atPointer } from "../../../shared/json-pointer.ts";
import { ownEntry } from "../../../shared/own-entry.ts";
import type { MessageReport, Receipt } from "../../messages/provider-port.ts";
import type { SmsHttpReceipts } from "./config.ts";
import { receiptIdOf } from "./route.ts";
import { parseJson, textOf } from "./values.ts";

/** Receipts in one request that are read. */
const maxItems = 1000;

/** Null where the body is not of the configured form. What names no message, or a state without a meaning, is left out. */
export function receiptsOf(route: string, raw: Buffer, config: SmsHttpReceipts): readonly Receipt[] | null {
  const text = raw.toString("utf8");
  const document = config.body === "form" ? Object.fromEntries(new URLSearchParams(text)) : parseJson(text);
  if (typeof document !== "object" || document === null) return null;
  const found = config.items === undefined ? document : atPointer(document, config.items);
  const items: unknown[] = Array.isArray(found) ? found.slice(0, maxItems) : [found];
  return items.flatMap((item) => {
    const id = textOf(atPointer(item, config.message_id));
    const report = reportOf(item, config);
    return id === null || report === null ? [] : [{ receiptId: receiptIdOf(route, id), report }];
  });
}

function reportOf(item: unknown, config: SmsHttpReceipts): MessageReport | null {
  const state = textOf(atPointer(item, config.state));
  const known = ownEntry(config.states, state);
  if (known === undefined) return null;
  if (known !== "failed") return { state: known };
  const error = config.error === undefined ? null : textOf(atPointer(item, config.error));
  const reason = ownEntry(config.reasons, error);
  return { state: "failed", reason: reason ?? "not_reachable" };
}
