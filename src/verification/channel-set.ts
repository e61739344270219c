/** The channels of this gateway, opened, by their names. */
import type { Channel, ChannelCore, ChannelModule } from "./channel-port.ts";
import { channelNotAvailable } from "./refusals.ts";

/** An open channel with its static part. */
export type OpenChannel = Omit<ChannelModule, "open" | "scripts"> & Channel;

export interface ChannelSet {
  /** The enabled ones, in the order of the composition root; the first is the default. */
  readonly usable: readonly OpenChannel[];
  readonly all: readonly OpenChannel[];
  /** The channel of a stored delivery; undefined where only a newer gateway has it. */
  find(name: string): OpenChannel | undefined;
  /** The channel that a request names. @param name null: the default @throws {Refusal} `not_supported` */
  wanted(name: string | null): OpenChannel;
}

/** @throws {Error} where two have the same name, or none is enabled */
export function openChannels(
  modules: readonly ChannelModule[],
  core: (module: ChannelModule) => ChannelCore,
): ChannelSet {
  const all = modules.map((module) => ({ ...module, ...module.open(core(module)) }));
  const byName = new Map(all.map((channel) => [channel.name, channel]));
  if (byName.size !== all.length) throw new Error("two channels have the same name");
  const usable = all.filter(({ enabled }) => enabled);
  const [standard] = usable;
  if (standard === undefined) throw new Error("no channel is enabled");
  return {
    all,
    usable,
    find: (name) => byName.get(name),
    wanted(name) {
      if (name === null) return standard;
      const channel = byName.get(name);
      if (channel?.enabled !== true)
        throw channelNotAvailable(
          name,
          usable.map((one) => one.name),
        );
      return channel;
    },
  };
}
