/** Verification by e-mail: the code goes to an address, and proves that the person reads its mail. */
import type { MessageChannelSpec } from "../messages/provider-port.ts";
import { readAddress } from "./address.ts";
import { createEmailProvider, type EmailParts } from "./provider.ts";

/** The channel for `messageChannel`. @throws where a certificate file cannot be read any more */
export function emailChannel(parts: EmailParts): MessageChannelSpec {
  return {
    name: "email",
    proves: "email",
    enabled: true,
    provider: createEmailProvider(parts),
    readRecipient: readAddress,
  };
}
