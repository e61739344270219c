/** What a notification says, the same for every service. */
import type { OutgoingMessage } from "../messages/provider-port.ts";

export interface Notification {
  readonly title: string;
  readonly body: string;
  /** Neutral: no code, no id, no recipient. Apps see with it that this is a code, and until when it is of use. */
  readonly data: Readonly<Record<string, string>>;
  readonly ttlSeconds: number;
}

/** A code that is about to end still has to get through. */
const shortestTtlSeconds = 60;

export function notificationOf({ subject, text, minutes, locale }: OutgoingMessage): Notification {
  const ttlSeconds = Math.max(shortestTtlSeconds, minutes * 60);
  return {
    title: subject,
    body: text,
    data: { kind: "verification_code", locale, expires_in_seconds: String(ttlSeconds) },
    ttlSeconds,
  };
}
