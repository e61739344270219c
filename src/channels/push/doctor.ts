/** Checks the credentials of push services at the services themselves; sends no notification. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { ProviderFinding } from "../messages/provider-finding.ts";
import type { PushConfig } from "./config.ts";
import { pushServicesOf } from "./services.ts";

const fixes = {
  fcm: "Make a new key for the service account in the Firebase console, enable the FCM API, or open the way to oauth2.googleapis.com and fcm.googleapis.com (docs/channel-push.md).",
  apns: "Check team_id, key_id, private_key, topic and environment, this machine's clock, and the way to Apple's host on port 443 (docs/channel-push.md).",
  web_push: "Check the VAPID keys (docs/channel-push.md).",
};

export async function examinePush(
  config: PushConfig,
  parts: { readonly clock: Clock; readonly random: Random },
): Promise<readonly ProviderFinding[]> {
  const entries = pushServicesOf({ config, ...parts });
  try {
    return await Promise.all(
      entries.map(async ({ kind, name, service }): Promise<ProviderFinding> => {
        const problem = await service.examine();
        if (problem !== null) return { level: "fail", what: `push.${kind}.${name}: ${problem}`, fix: fixes[kind] };
        const done = kind === "web_push" ? "the VAPID keys are a pair" : "credentials are accepted";
        return { level: "ok", what: `push.${kind}.${name}: ${done}`, fix: null };
      }),
    );
  } finally {
    for (const { service } of entries) service.close();
  }
}
