/** Which app a sender belongs to: a text that somebody sends back names its recipient only. */
import type { SmsConfig } from "./config.ts";

/** @returns the one app that alone uses a sender; null: several may, it is not configured, or the text came by another channel */
export function createSenderApps(config: SmsConfig | undefined): (channel: string, sender: string) => string | null {
  const apps = new Map<string, string | null>();
  const all = config === undefined ? [] : [config, ...Object.values(config.routes)].flatMap(({ senders }) => senders);
  for (const { sender, app = null } of all) {
    const key = plain(sender);
    apps.set(key, apps.has(key) && apps.get(key) !== app ? null : app);
  }
  return (channel, sender) => (channel === "sms" ? (apps.get(plain(sender)) ?? null) : null);
}

/** Carriers write numbers with and without the plus sign. */
function plain(sender: string): string {
  return sender.replace(/^\+/, "").toLowerCase();
}
