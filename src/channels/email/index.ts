/** Verification by e-mail: the code goes to an address, and proves that the person reads its mail. */
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import { readAddress } from "./address.ts";
import type { EmailConfig } from "./config.ts";
import { emailExample } from "./example.ts";
import { createEmailProvider, type EmailParts } from "./provider.ts";
import { EmailBody } from "./schema.ts";

/** Undefined: the channel is off. */
type Parts = Omit<EmailParts, "config"> & { readonly config: EmailConfig | undefined };

/** Of a channel that is off: no server, so nothing is ever reached. */
const off: EmailConfig = {
  ...{ from: "nobody@onering.invalid", servers: [] },
  ...{ connect_timeout_ms: 5000, reply_timeout_ms: 10_000, submit_timeout_ms: 30_000, max_wait_ms: 1000 },
};

/** The channel for `messageChannel`. */
export function email(parts: Parts): MessageChannelSpec {
  const { config = off } = parts;
  return {
    name: "email",
    proves: "email",
    enabled: parts.config !== undefined,
    provider: createEmailProvider({ ...parts, config }),
    form: "email",
    costs: (config.price ?? 0) > 0,
    schema: EmailBody,
    example: emailExample,
    readRecipient(text) {
      const read = readAddress(text);
      return "to" in read ? read : { problem: `The address ${read.problem}.` };
    },
  };
}
