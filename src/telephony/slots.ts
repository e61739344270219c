/** How many calls are up where: the bound of everything that grows with calls. */
import type { Config } from "../config/schema.ts";

export interface CallSlots {
  /** Takes a place on the trunk and its Asterisk; false where either is full or the trunk is unknown. */
  take(trunk: string): boolean;
  /** Gives it back. */
  release(trunk: string): void;
  /** Whether `take` would fail now. */
  full(trunk: string): boolean;
}

/** Counts against `max_concurrent_calls` of each trunk and of each Asterisk. */
export function createCallSlots(config: Pick<Config, "asterisks" | "trunks">): CallSlots {
  const onTrunk = new Map<string, number>();
  const onAsterisk = new Map<string, number>();

  function full(trunk: string): boolean {
    const own = config.trunks[trunk];
    const asterisk = own && config.asterisks[own.asterisk];
    if (own === undefined || asterisk === undefined) return true;
    return (
      (onTrunk.get(trunk) ?? 0) >= own.max_concurrent_calls ||
      (onAsterisk.get(own.asterisk) ?? 0) >= asterisk.max_concurrent_calls
    );
  }

  function add(trunk: string, change: 1 | -1): void {
    const asterisk = config.trunks[trunk]?.asterisk ?? "";
    onTrunk.set(trunk, (onTrunk.get(trunk) ?? 0) + change);
    onAsterisk.set(asterisk, (onAsterisk.get(asterisk) ?? 0) + change);
  }

  return {
    full,
    take(trunk) {
      if (full(trunk)) return false;
      add(trunk, 1);
      return true;
    },
    release: (trunk) => add(trunk, -1),
  };
}
