/** Settings that are valid and may still be a mistake; the gateway logs them when it starts. */
import { type TextWarning, textWarnings } from "../channels/messages/text-warnings.ts";
import { isLoopback } from "../shared/ip-address.ts";
import type { Config } from "./schema.ts";

/** Channels, by their sections, whose messages are counted in segments. */
const segmented = ["sms"];

/** One sentence for each. */
export function configWarnings(config: Config): readonly string[] {
  return [
    ...exposureWarnings(config),
    ...webhookWarnings(config),
    ...messageWarnings(config).map(({ what, fix }) => `${what}. ${fix}`),
  ];
}

/**
 * Not an error for `http.host`: in a container every address is listened on, and what may reach it is decided outside.
 */
function exposureWarnings({ http }: Config): readonly string[] {
  if (isLoopback(http.host) || http.trust_proxy.length > 0) return [];
  return [
    `http.host is ${http.host} and http.trust_proxy is empty: API keys cross the network unencrypted, or, behind a proxy, all clients share the proxy's rate limit. Put TLS in front and name the proxy in http.trust_proxy.`,
  ];
}

function webhookWarnings({ webhooks }: Config): readonly string[] {
  if (!webhooks.allow_private) return [];
  return [
    "webhooks.allow_private is on: every app can make the gateway send POST requests to addresses of private networks and of this machine. Leave it off unless receivers are there and all apps are your own.",
  ];
}

/** Texts of messages that cost more than expected. */
export function messageWarnings(config: Config): readonly TextWarning[] {
  return textWarnings({
    messages: config.messages,
    apps: Object.keys(config.apps),
    segmented: segmented.filter((section) => Object.hasOwn(config, section)),
    codeLength: config.verification.message_code_length,
  });
}
