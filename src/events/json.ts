/** The text of a public event, made once for all that keep or send it. */
import type { PublicEvent } from "./envelope.ts";

const texts = new WeakMap<PublicEvent, string>();

export function eventJson(event: PublicEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    text = JSON.stringify(event);
    texts.set(event, text);
  }
  return text;
}
