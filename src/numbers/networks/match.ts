/** Finds what is configured for a network, by its code or its name. */
import { readMccMnc } from "./mcc-mnc.ts";
import type { Network } from "./types.ts";

export interface NetworkTable<T> {
  readonly isEmpty: boolean;
  /** The entry by the network's code, else the one by its name; undefined: there is none, or the network is not known. */
  of(network: Pick<Network, "name" | "mccMnc"> | null | undefined): T | undefined;
}

/**
 * A code in every spelling is one key, a name counts without case and surplus spaces.
 * @returns what two keys of the same network have in common
 */
export function networkKey(text: string): string {
  return readMccMnc(text) ?? text.trim().replace(/\s+/g, " ").toLowerCase();
}

/** @param entries of duplicates the first counts */
export function createNetworkTable<T>(entries: Iterable<readonly [network: string, value: T]>): NetworkTable<T> {
  const byKey = new Map<string, T>();
  for (const [network, value] of entries) {
    const key = networkKey(network);
    if (!byKey.has(key)) byKey.set(key, value);
  }
  return {
    isEmpty: byKey.size === 0,
    of(network) {
      if (network == null || byKey.size === 0) return undefined;
      const { name, mccMnc } = network;
      const byCode = mccMnc === null ? undefined : byKey.get(mccMnc);
      return byCode ?? (name === null ? undefined : byKey.get(networkKey(name)));
    },
  };
}
