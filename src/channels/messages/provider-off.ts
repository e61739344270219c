/** The provider of a message channel that the configuration leaves out: the channel is known, and cannot be used. */
import { Refusal } from "../../shared/refusal.ts";
import type { MessageProvider } from "./provider-port.ts";

export const providerOff: MessageProvider = {
  submitLimitMs: 0,
  async reserve() {
    throw new Refusal("channel_unavailable", "The channel is not configured on this gateway.");
  },
  onReceipt: () => undefined,
  health: () => ({ up: false, detail: "not configured" }),
  start: async () => undefined,
  stop: async () => undefined,
};
