/** Push: Google, Apple, and the push service of a browser. */
import { createApnsStandIn } from "../providers/apple.ts";
import { createFcmStandIn } from "../providers/google.ts";
import { createWebPushStandIn } from "../providers/web-push.ts";
import type { SandboxChannel } from "./channel.ts";

export const push: SandboxChannel = {
  standIns: (parts) => [createFcmStandIn(parts), createApnsStandIn(parts), createWebPushStandIn(parts)],
};
