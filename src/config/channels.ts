/** Which channels a configuration has, and the places that name one it does not have. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Path, Problem } from "../typed-yaml/errors.ts";
import type { ChannelModule } from "../verification/channel-port.ts";
import { notConfigured } from "../verification/workflow.ts";
import { type Config, numbersToCall } from "./schema.ts";

interface ConfiguredChannel {
  readonly name: string;
  readonly section: keyof Config & string;
  readonly isConfigured: (config: Config) => boolean;
  /** As of the channel's module: `derived` codes are one for all such channels. */
  readonly codes: ChannelModule["codes"];
}

/** In the order of the composition root (app.ts); a test holds the two together. */
const channels: readonly ConfiguredChannel[] = [
  { name: "missed_call", section: "calls", isConfigured: () => true, codes: "own" },
  { name: "voice", section: "voice", isConfigured: ({ voice }) => voice !== undefined, codes: "derived" },
  { name: "call_in", section: "call_in", isConfigured: (config) => numbersToCall(config).length > 0, codes: null },
  { name: "sms", section: "sms", isConfigured: ({ sms }) => sms !== undefined, codes: "derived" },
  { name: "whatsapp", section: "whatsapp", isConfigured: ({ whatsapp }) => whatsapp !== undefined, codes: "derived" },
  { name: "email", section: "email", isConfigured: ({ email }) => email !== undefined, codes: "derived" },
  { name: "push", section: "push", isConfigured: ({ push }) => push !== undefined, codes: "derived" },
];

/** Names of the channels that can be used with this configuration, the default first. */
export function configuredChannels(config: Config): readonly string[] {
  return channels.filter(({ isConfigured }) => isConfigured(config)).map(({ name }) => name);
}

/** Which codes a channel has. */
export function codesOfChannel(name: string): ChannelModule["codes"] {
  return channels.find((channel) => channel.name === name)?.codes ?? null;
}

export const channelChecks: readonly CrossCheck<Config>[] = [
  { reads: ["verification", "apps"], problems: namedChannelsAreConfigured },
];

function namedChannelsAreConfigured(config: Config, isSound: IsSound): Problem[] {
  // A channel whose section has errors of its own is meant to be configured.
  const usable = channels
    .filter(({ section, isConfigured }) => !isSound([section]) || isConfigured(config))
    .map(({ name }) => name);
  return namedChannels(config, isSound).flatMap(([path, name]) => {
    const expected = notConfigured(name, usable);
    return expected === null ? [] : [{ path, given: JSON.stringify(name), expected }];
  });
}

/** Every place of the configuration that names a channel; those with problems of their own are left out. */
function namedChannels({ verification, apps }: Config, isSound: IsSound): readonly (readonly [Path, string])[] {
  const stepsOf = (path: Path, steps: readonly { readonly channel: string }[] = []) =>
    steps.map(({ channel }, i) => [[...path, i, "channel"], channel] as const);
  const gateway = ["verification", "workflow"];
  const first = ["verification", "first_channel"];
  const byNetworkOf = (path: Path, lists: () => Readonly<Record<string, readonly string[]>> | undefined) =>
    isSound(path)
      ? Object.entries(lists() ?? {}).flatMap(([key, names]) =>
          names.map((name, i) => [[...path, key, i], name] as const),
        )
      : [];
  // A cap of a misspelt channel would limit nothing.
  const caps = ["verification", "channel_caps"];
  return [
    ...(isSound(gateway) ? stepsOf(gateway, verification.workflow) : []),
    ...(isSound(first)
      ? Object.entries(verification.first_channel ?? {}).map(([key, name]) => [[...first, key], name] as const)
      : []),
    ...byNetworkOf(["verification", "channels_by_network"], () => verification.channels_by_network),
    ...(isSound(caps)
      ? Object.keys(verification.channel_caps ?? {}).map((name) => [[...caps, name], name] as const)
      : []),
    ...Object.entries(apps).flatMap(([app, own]) => {
      const path = ["apps", app, "channels"];
      const workflow = ["apps", app, "workflow"];
      return [
        ...(isSound(workflow) ? stepsOf(workflow, own.workflow) : []),
        ...byNetworkOf(["apps", app, "channels_by_network"], () => own.channels_by_network),
        ...(isSound(path) ? (own.channels ?? []).map((name, i) => [[...path, i], name] as const) : []),
      ];
    }),
  ];
}
