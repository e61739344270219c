/** The callee's network: the mobile operator that serves a number. */

/**
 * Who says so: `original` is the operator that the number's range was assigned to (libphonenumber's carrier data), which a
 * ported number has left; the others are sources that the operator of this gateway configured.
 */
export const networkSources = ["original", "file", "enum", "http"] as const;
export type NetworkSource = (typeof networkSources)[number];

export interface Network {
  /** As its source spells it; null where it gave a code alone. */
  readonly name: string | null;
  /** E.212 country and network code, 5 or 6 digits (mcc-mnc.ts); null where the source gave none. */
  readonly mccMnc: string | null;
  readonly source: NetworkSource;
  /** Whether the number has left the operator of its range; null: the source does not say. */
  readonly ported: boolean | null;
}

/** What records, statistics and metrics call it: its name, else its code. */
export function networkLabel(network: Pick<Network, "name" | "mccMnc"> | null): string | null {
  return network?.name ?? network?.mccMnc ?? null;
}
