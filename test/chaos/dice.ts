/** Randomness that can be played again: the same seed gives the same numbers in the same order. */
export interface Dice {
  /** A whole number of at least `least` and at most `most`. */
  between(least: number, most: number): number;
}

/** mulberry32: 32 bits of state, enough for delays in a test, for nothing secret. */
export function createDice(seed: number): Dice {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { between: (least, most) => least + Math.floor(next() * (most - least + 1)) };
}
