/** A set of numbers in memory: open addressing, 8 bytes a slot, a quarter of them free at least; 11 to 22 bytes a number. */
import { hashOf } from "./hash.ts";

const firstSlots = 2 ** 16;

export class MemoryTable {
  #slots = new Float64Array(firstSlots);
  #count = 0;

  /** Whether the key is new. @param key not 0 */
  add(key: number): boolean {
    if (!insert(this.#slots, key)) return false;
    this.#count++;
    if (this.#count * 4 > this.#slots.length * 3) this.#grow();
    return true;
  }

  close(): void {
    this.#slots = new Float64Array(0);
  }

  #grow(): void {
    const grown = new Float64Array(this.#slots.length * 2);
    for (const key of this.#slots) if (key !== 0) insert(grown, key);
    this.#slots = grown;
  }
}

/** @param slots a power of 2 of them, one free at least */
function insert(slots: Float64Array, key: number): boolean {
  const mask = slots.length - 1;
  for (let at = hashOf(key) & mask; ; at = (at + 1) & mask) {
    const found = slots[at];
    if (found === key) return false;
    if (found === 0) {
      slots[at] = key;
      return true;
    }
  }
}
