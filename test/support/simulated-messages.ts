/** Message channels whose providers fail the test where they are asked to send: `sms`, and `email` without receipts. */
import { messageChannel } from "../../src/channels/messages/index.ts";
import { createTexts } from "../../src/channels/messages/texts.ts";
import type { ChannelModule } from "../../src/verification/channel-port.ts";
import { memoryChannel, memoryProvider } from "./memory-provider.ts";
import { testConfig } from "./test-config.ts";

const receipts = { remember: async () => null, take: async () => ({ kind: "unknown" }) as never };

export function testMessages(): readonly ChannelModule[] {
  const parts = { texts: createTexts(testConfig().messages), receipts, publish: () => undefined };
  const never = () => {
    const provider = memoryProvider();
    const reserve = () => Promise.reject(new Error("a simulated delivery reserved a place at a provider"));
    return { ...provider, reserve };
  };
  const mail = { ...never(), preview: () => ({ details: {}, cost: null, sent: null, receipts: false }) };
  return [
    messageChannel(memoryChannel(never(), "sms"), parts),
    messageChannel(
      {
        ...memoryChannel(mail, "email"),
        proves: "email",
        readRecipient: (text) => (text.includes("@") ? { to: text } : { problem: "it is no address" }),
      },
      parts,
    ),
  ];
}
