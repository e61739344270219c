/** The HTTP layer's view of channels: names and representations. */
import type { OpenChannel } from "../../verification/channel-set.ts";

export type ChannelView = Pick<OpenChannel, "name" | "machine" | "schema" | "example" | "describe">;

/** Every channel that the contract names. One that this gateway does not have is refused as `not_supported`. */
const contractChannels = ["missed_call", "call_in", "voice", "sms", "whatsapp", "email", "push"] as const;

/** The channel names that a request may contain. */
export function requestChannels(channels: readonly ChannelView[]): readonly string[] {
  return [...new Set([...contractChannels, ...channels.map(({ name }) => name)])];
}
