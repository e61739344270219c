/** Checks that the provider of an HTTP route can be reached; sends no request: what one would do is not known. */
import { createOutgoingHttp } from "../../../outgoing-http/client.ts";
import type { Clock } from "../../../shared/clock.ts";
import type { ProviderFinding } from "../../messages/provider-finding.ts";
import type { SmsHttpConfig } from "./config.ts";

export async function examineSmsHttp(name: string, config: SmsHttpConfig, clock: Clock): Promise<ProviderFinding> {
  const http = createOutgoingHttp({ clock, allowPrivate: config.allow_private, deadlineMs: config.request_timeout_ms });
  const about = `SMS route ${name}`;
  try {
    const url = new URL(config.url);
    await http.reach(url);
    const what = `${about}: ${url.host} accepts connections`;
    if (config.receipts !== undefined) return { level: "ok", what, fix: null };
    const fix = "Without receipts no message becomes `delivered` and none is known to fail (docs/channel-sms-http.md).";
    return { level: "warn", what: `${what}; no receipts are configured`, fix };
  } catch (error) {
    const what = `${about}: ${error instanceof Error ? error.message : "no connection"}`;
    return { level: "fail", what, fix: "Check `url`, the firewall, and allow_private for a host in your own network." };
  } finally {
    http.close();
  }
}
