/** Reads the texts of people in a provider's webhook, as the configuration describes. */
import { atPointer } from "../../../shared/json-pointer.ts";
import { type InboundText, maxTextLength, senderNumber } from "../../messages/inbound-text-port.ts";
import type { SmsHttpTexts } from "./config.ts";
import { parseJson, textOf } from "./values.ts";

/** Texts in one request that are read. */
const maxItems = 1000;

/** Null where the body is not of the configured form. What has no sender that is a number, or no text, is left out. */
export function textsOf(channel: string, raw: Buffer, config: SmsHttpTexts): readonly InboundText[] | null {
  const body = raw.toString("utf8");
  const document = config.body === "form" ? Object.fromEntries(new URLSearchParams(body)) : parseJson(body);
  if (typeof document !== "object" || document === null) return null;
  const found = config.items === undefined ? document : atPointer(document, config.items);
  const items: unknown[] = Array.isArray(found) ? found.slice(0, maxItems) : [found];
  return items.flatMap((item) => {
    const from = senderNumber(textOf(atPointer(item, config.from)) ?? "");
    const to = config.to === undefined ? null : textOf(atPointer(item, config.to));
    const text = atPointer(item, config.text);
    return from === null || typeof text !== "string" ? [] : [{ channel, from, to, text: text.slice(0, maxTextLength) }];
  });
}
