/** E-mail: a mail server. */
import { createSmtpStandIn } from "../providers/smtp.ts";
import type { SandboxChannel } from "./channel.ts";

export const email: SandboxChannel = { standIns: (parts) => [createSmtpStandIn(parts)] };
