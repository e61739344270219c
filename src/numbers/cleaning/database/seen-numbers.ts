/**
 * The numbers that were seen, for duplicates: a number in E.164 has at most 15 digits, so a double holds it exactly. Open
 * addressing in one typed array: 16 to 32 bytes a number.
 */
const firstSlots = 1 << 12;

export interface SeenNumbers {
  readonly size: number;
  /** @returns whether it is new. @param e164 with the plus sign */
  add(e164: string): boolean;
}

export function createSeenNumbers(): SeenNumbers {
  let slots = new Float64Array(firstSlots);
  let size = 0;

  function place(into: Float64Array, number: number): boolean {
    const mask = into.length - 1;
    // Fibonacci hashing over both halves: neighbouring numbers must not lie side by side.
    const mixed = Math.imul((number % 0x1_0000_0000) ^ Math.floor(number / 0x1_0000_0000), 0x9e3779b1);
    for (let at = (mixed ^ (mixed >>> 15)) & mask; ; at = (at + 1) & mask) {
      if (into[at] === number) return false;
      if (into[at] === 0) {
        into[at] = number;
        return true;
      }
    }
  }

  function grow(): void {
    const larger = new Float64Array(slots.length * 2);
    for (const number of slots) if (number !== 0) place(larger, number);
    slots = larger;
  }

  return {
    get size() {
      return size;
    },
    add(e164) {
      if (size * 2 >= slots.length) grow();
      const isNew = place(slots, Number(e164.slice(1)));
      if (isNew) size++;
      return isNew;
    },
  };
}
