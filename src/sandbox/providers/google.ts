/** The stand-in of Google: Firebase Cloud Messaging. */
import { adapt } from "./adapt.ts";
import { startFcm } from "./fcm-server.ts";
import type { StandIn, StandInParts } from "./provider.ts";

export function createFcmStandIn(parts: StandInParts): StandIn {
  return adapt(
    {
      ...{ name: "fcm", channel: "push" },
      kinds: {
        unknown_recipient: "invalid_token",
        not_reachable: "unregistered",
        blocked: "other_project",
        throttled: "quota_briefly",
        down: "unavailable",
        lost_answer: "lost_answer",
        no_receipt: "swallowed",
      },
      start: startFcm,
      config: ({ url, serviceAccount }) => ({
        push: { fcm: { sandbox: { service_account: serviceAccount, api_url: url } }, allow_private: true },
      }),
      recipient: (_service, ending) =>
        `fcm:${parts.random.bytes(30).toString("base64url")}:APA91b${parts.random.bytes(60).toString("base64url")}-${ending ?? "x"}`,
    },
    parts,
  );
}
