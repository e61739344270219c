/** SMS: a carrier's SMSC. */
import { createSmscStandIn } from "../providers/smsc-stand-in.ts";
import type { SandboxChannel } from "./channel.ts";

export const sms: SandboxChannel = { standIns: (parts) => [createSmscStandIn(parts)] };
