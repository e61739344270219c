/** What the HTTP layer knows of channels: names and how each is shown. */
import type { OpenChannel } from "../../verification/channel-set.ts";

export type ChannelView = Pick<OpenChannel, "name" | "machine" | "schema" | "example" | "describe">;

/** Every channel that the contract names. One that this gateway does not have is refused as `not_supported`. */
const contractChannels = ["missed_call", "call_in", "voice", "sms", "whatsapp", "email", "push"] as const;

/** What a request may name as its channel. */
export function requestChannels(channels: readonly ChannelView[]): readonly string[] {
  return [...new Set([...contractChannels, ...channels.map(({ name }) => name)])];
}
