/** The messages that the simulated phone received, over all channels. */
import type { Random } from "../shared/random.ts";
import type { StandInMessage } from "./providers/provider.ts";

/** A message as the phone shows it; the shape of `GET /sandbox/messages`. */
export interface PhoneMessage {
  readonly id: string;
  readonly channel: string;
  readonly to: string;
  /** The plain-text part. */
  readonly text: string;
  /** When it arrived; RFC 3339. */
  readonly at: string;
  readonly from: string | null;
  readonly subject: string | null;
  /** Whether it has an HTML part (`GET /sandbox/messages/{id}/html`). */
  readonly has_html: boolean;
  readonly details: StandInMessage["details"];
}

/** Messages that are kept, over all channels; the oldest is dropped. */
const MAX_MESSAGES = 100;
/** Longer texts are cut: an SMS of ten segments has 1530 characters. */
const MAX_TEXT = 2000;
const MAX_HTML = 100_000;

export class Inbox {
  readonly #random: Random;
  /** Oldest first. */
  readonly #messages: { readonly message: PhoneMessage; readonly html: string | null }[] = [];
  readonly #listeners = new Set<(message: PhoneMessage) => void>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** A message arrived. */
  receive(message: StandInMessage): void {
    const { channel, to, text, atMs, from, subject, html, details } = message;
    const kept: PhoneMessage = {
      id: this.#random.bytes(8).toString("hex"),
      channel,
      to,
      text: text.slice(0, MAX_TEXT),
      at: new Date(atMs).toISOString(),
      from,
      subject,
      has_html: html !== null,
      details,
    };
    this.#messages.push({ message: kept, html: html?.slice(0, MAX_HTML) ?? null });
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
    for (const listener of this.#listeners) listener(kept);
  }

  /** Newest first. */
  messages(): PhoneMessage[] {
    return this.#messages.map(({ message }) => message).reverse();
  }

  /** The HTML part of a message; null where it has none, or is not there. */
  html(id: string): string | null {
    return this.#messages.find(({ message }) => message.id === id)?.html ?? null;
  }

  /** Calls back whenever a message arrives. @returns unsubscribes */
  subscribe(listener: (message: PhoneMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
