/** Calls that came in, in the configuration's words: which trunk brought them, and whose numbers it meant. */

import type { InboundCall } from "../asterisk/call-control.ts";
import type { TrunkConfig } from "../trunks/config.ts";
import { createNumberFormats } from "../trunks/number-format.ts";
import { asterisksOf } from "../trunks/routes.ts";

/** A call that was refused. */
export interface TrunkCall {
  readonly trunk: string;
  /** Whether this carrier's caller IDs are believed. */
  readonly trusted: boolean;
  /** E.164; null where withheld, or no whole number. */
  readonly caller: string | null;
  /** E.164; null where it is no whole number. */
  readonly called: string | null;
}

/**
 * @returns reads a call; null for one by an endpoint that is no trunk of ours with `inbound`: it is none of our business
 */
export function createInboundReader(
  trunks: Readonly<Record<string, TrunkConfig>>,
): (asterisk: string, call: InboundCall) => TrunkCall | null {
  const formats = createNumberFormats(trunks);
  return (asterisk, { endpoint, caller, called }) => {
    const [trunk, config] =
      Object.entries(trunks).find(
        ([, config]) =>
          config.inbound !== undefined && config.endpoint === endpoint && asterisksOf(config).includes(asterisk),
      ) ?? [];
    if (trunk === undefined || config === undefined) return null;
    const read = (number: string) => formats.get(trunk)?.fromTrunk(number) ?? null;
    return { trunk, trusted: config.inbound?.trusted ?? false, caller: read(caller), called: read(called) };
  };
}
