/** Verification by e-mail: the code goes to an address, and proves that the person reads its mail. */
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import { readAddress } from "./address.ts";
import { emailExample } from "./example.ts";
import { createEmailProvider, type EmailParts } from "./provider.ts";
import { EmailBody } from "./schema.ts";

/** The channel for `messageChannel`. @throws where the DKIM key or a certificate file cannot be read any more */
export function emailChannel(parts: EmailParts): MessageChannelSpec {
  return {
    name: "email",
    proves: "email",
    enabled: true,
    provider: createEmailProvider(parts),
    form: "email",
    costs: (parts.config.price ?? 0) > 0,
    schema: EmailBody,
    example: emailExample,
    readRecipient(text) {
      const read = readAddress(text);
      return "to" in read ? read : { problem: `The address ${read.problem}.` };
    },
  };
}
