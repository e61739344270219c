/** The part of the composition root that knows numbers: their rules, lookup, and the parts that a gateway may have beside. */
import type { Config } from "./config/schema.ts";
import { createLookup } from "./numbers/lookup/lookup.ts";
import type { Lookup } from "./numbers/lookup/ports.ts";
import { createNetworks } from "./numbers/networks/index.ts";
import type { Networks } from "./numbers/networks/ports.ts";
import { createLiveNumbers } from "./numbers/numbers.ts";
import type { Numbers } from "./numbers/ports.ts";

export interface NumberIntelligence {
  readonly numbers: Numbers;
  readonly lookup: Lookup;
  readonly networks: Networks;
}

export function createNumberIntelligence(parts: {
  /** The configuration after the last reload. */
  readonly now: () => Config;
}): NumberIntelligence {
  const { now } = parts;
  const numbers = createLiveNumbers(() => now().numbers);
  const networks = createNetworks();
  // Parts that are not there are left out: their fields of a lookup are null.
  const lookup = createLookup({ numbers, networks });
  return { numbers, lookup, networks };
}
