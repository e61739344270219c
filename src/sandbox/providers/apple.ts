/** The stand-in of Apple: the Apple Push Notification service. */
import { adapt } from "./adapt.ts";
import { startApns } from "./apns-server.ts";
import type { StandIn, StandInParts } from "./provider.ts";

export function createApnsStandIn(parts: StandInParts): StandIn {
  return adapt(
    {
      ...{ name: "apns", channel: "push" },
      kinds: {
        unknown_recipient: "bad_device_token",
        not_reachable: "unregistered",
        throttled: "too_many_requests",
        down: "shutdown",
        lost_answer: "lost_answer",
        no_receipt: "swallowed",
      },
      start: startApns,
      config: ({ url, account }) => ({
        push: { apns: { sandbox: { ...account, api_url: url } }, allow_private: true },
      }),
      // Hexadecimal: the ending that means no failure is letters.
      recipient: (_service, ending) => `apns:${parts.random.bytes(32).toString("hex").slice(3)}${ending ?? "abc"}`,
    },
    parts,
  );
}
