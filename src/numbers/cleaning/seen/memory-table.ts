/**
 * A set of numbers in memory: open addressing, 8 bytes a slot, a quarter of them free at least; 11 to 22 bytes a number. It
 * consists of tables that grow one by one: a whole one would take half as much again while it grows.
 */
import { hashOf } from "./hash.ts";

const tables = 16;
const firstSlots = 2 ** 12;

export class MemoryTable {
  readonly #tables = Array.from({ length: tables }, () => new Float64Array(firstSlots));
  readonly #counts = new Uint32Array(tables);

  /** Whether the key is new. @param key not 0 */
  add(key: number): boolean {
    const hash = hashOf(key);
    // The highest bits; the place in the table comes from the lowest.
    const index = hash >>> 28;
    const slots = this.#tables[index] as Float64Array<ArrayBuffer>;
    if (!insert(slots, key, hash)) return false;
    const count = (this.#counts[index] ?? 0) + 1;
    this.#counts[index] = count;
    if (count * 4 > slots.length * 3) this.#tables[index] = grown(slots);
    return true;
  }

  close(): void {
    for (const slots of this.#tables.splice(0)) release(slots);
  }
}

function grown(slots: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(slots.length * 2);
  for (const key of slots) if (key !== 0) insert(larger, key, hashOf(key));
  release(slots);
  return larger;
}

/** Frees the memory at once, where the engine can (ES2024): else it waits for a garbage collection. */
function release({ buffer }: Float64Array<ArrayBuffer>): void {
  (buffer as { transfer?: (bytes: number) => ArrayBuffer }).transfer?.(0);
}

/** @param slots a power of 2 of them, one free at least */
function insert(slots: Float64Array, key: number, hash: number): boolean {
  const mask = slots.length - 1;
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const found = slots[at];
    if (found === key) return false;
    if (found === 0) {
      slots[at] = key;
      return true;
    }
  }
}
