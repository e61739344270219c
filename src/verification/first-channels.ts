/** The channels that a default workflow begins with, by the callee: its network, the start of its number, its country. */
import type { AppProfile } from "../apps/profile.ts";
import type { NetworkTable } from "../numbers/networks/match.ts";
import type { Networks } from "../numbers/networks/ports.ts";

export interface FirstChannels {
  /** ISO 3166 country or callee prefix (with the plus sign) → channel; the longest prefix counts, then the country. */
  readonly firstChannel: Readonly<Record<string, string>>;
  /** The gateway's, for apps without an entry of their own for the network. */
  readonly channelsByNetwork: NetworkTable<readonly string[]>;
}

/**
 * @param recipient read only where something is configured
 * @returns in their order; empty: as the workflow says
 */
export function firstChannelsOf(
  { firstChannel, channelsByNetwork: ofGateway }: FirstChannels,
  { channelsByNetwork: ofApp }: Pick<AppProfile, "channelsByNetwork">,
  recipient: () => { readonly to: string; readonly country: string | null },
  networks: Pick<Networks, "known">,
): readonly string[] {
  const isByNetwork = !ofGateway.isEmpty || ofApp?.isEmpty === false;
  if (!isByNetwork && Object.keys(firstChannel).length === 0) return [];
  const { to, country } = recipient();
  const network = isByNetwork && to.startsWith("+") ? networks.known(to) : null;
  const byNetwork = ofApp?.of(network) ?? ofGateway.of(network);
  if (byNetwork !== undefined) return byNetwork;
  const prefix = Object.keys(firstChannel)
    .filter((key) => key.startsWith("+") && to.startsWith(key))
    .sort((a, b) => b.length - a.length)[0];
  const channel = firstChannel[prefix ?? country ?? ""];
  return channel === undefined ? [] : [channel];
}
