/** The stand-in of a browser vendor's push service, and of browsers that subscribed. */
import { adapt } from "./adapt.ts";
import type { StandIn, StandInParts } from "./provider.ts";
import { startWebPush } from "./web-push-server.ts";

export function createWebPushStandIn(parts: StandInParts): StandIn {
  return adapt(
    {
      ...{ name: "web-push", channel: "push" },
      kinds: {
        unknown_recipient: "not_found",
        not_reachable: "gone",
        blocked: "other_key",
        throttled: "throttled",
        down: "unavailable",
        lost_answer: "lost_answer",
        no_receipt: "swallowed",
      },
      start: startWebPush,
      config: ({ url, vapid }) => ({
        push: {
          web_push: { sandbox: { ...vapid, subject: "mailto:operator@onering.example" } },
          private_services: [url],
        },
      }),
      recipient: (service, ending) => service.subscribe(ending ?? "x"),
    },
    parts,
  );
}
