/** The registry: one line for each channel for which the sandbox has a part of its own. */
import { callIn } from "./call-in.ts";
import type { SandboxChannel } from "./channel.ts";
import { email } from "./email.ts";
import { sms } from "./sms.ts";

export const sandboxChannels: readonly SandboxChannel[] = [callIn, sms, email];
