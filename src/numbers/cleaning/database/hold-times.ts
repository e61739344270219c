/** How long our transactions held locks: a histogram of bounded size. */

const bucketsPerDoubling = 8;
const leastMs = 0.125;

export interface HoldTimes {
  add(ms: number): void;
  readonly count: number;
  readonly maxMs: number;
  /** The upper edge of the bucket that holds this share of all (9 % wide); 0 without any. */
  quantileMs(share: number): number;
}

export function createHoldTimes(): HoldTimes {
  const buckets: number[] = [];
  let count = 0;
  let maxMs = 0;
  return {
    add(ms) {
      const at = Math.max(0, Math.ceil(Math.log2(ms / leastMs) * bucketsPerDoubling));
      buckets[at] = (buckets[at] ?? 0) + 1;
      count++;
      maxMs = Math.max(maxMs, ms);
    },
    get count() {
      return count;
    },
    get maxMs() {
      return maxMs;
    },
    quantileMs(share) {
      let seen = 0;
      for (const [at, here = 0] of buckets.entries()) {
        seen += here;
        if (here > 0 && seen >= share * count) return Math.min(maxMs, leastMs * 2 ** (at / bucketsPerDoubling));
      }
      return maxMs;
    },
  };
}
