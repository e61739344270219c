/** 32 bits of an integer of up to 53, well mixed (the finalizer of MurmurHash3): neighbouring numbers spread over a table. */
export function hashOf(key: number): number {
  let hash = ((key % 4294967296) | 0) ^ Math.imul((key / 4294967296) | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
