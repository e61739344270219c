/** How full Redis is, read from section `memory` of its INFO. */

/** Bytes; `max` is null where no maxmemory is set. */
export interface RedisMemory {
  readonly used: number;
  readonly max: number | null;
  /** Of the machine, or of the container as Redis sees it; 0 where it does not say. */
  readonly system: number;
}

/** @param info answer of `INFO memory` */
export function readMemory(info: string): RedisMemory {
  const read = (field: string) => Number(new RegExp(`^${field}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const max = read("maxmemory");
  return { used: read("used_memory"), max: max === 0 ? null : max, system: read("total_system_memory") };
}

/** From 0 (empty) on; 1 is full. 0 where no limit is known. */
export function usedShare({ used, max, system }: RedisMemory): number {
  const limit = max ?? system;
  return limit === 0 ? 0 : used / limit;
}
