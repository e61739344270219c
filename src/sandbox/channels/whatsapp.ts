/** WhatsApp: Meta's Cloud API. */
import { createMetaStandIn } from "../providers/meta.ts";
import type { SandboxChannel } from "./channel.ts";

export const whatsApp: SandboxChannel = { standIns: (parts) => [createMetaStandIn(parts)] };
