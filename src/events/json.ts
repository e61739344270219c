/** The text of a public event, made once for all that keep or send it. */
import type { PublicEvent } from "./envelope.ts";

const texts = new WeakMap<PublicEvent, string>();

/** Keys in the order of the envelope, however the event was made: so that `readStart` finds the first ones. */
export function eventJson(event: PublicEvent): string {
  let text = texts.get(event);
  if (text === undefined) {
    const { id, type, at, seq, app, data } = event;
    text = JSON.stringify({ id, type, at, seq, app, data });
    texts.set(event, text);
  }
  return text;
}

const usualStart = /^\{"id":"([\w-]{1,100})","type":"([a-z_.]{1,50})",/;

/** Id and type of an event, without reading all of its text; null where `eventJson` did not write it. */
export function readStart(json: string): { readonly id: string; readonly type: string } | null {
  const [, id, type] = usualStart.exec(json) ?? [];
  return id === undefined || type === undefined ? null : { id, type };
}
