/**
 * Values of number ranges, found by the longest prefix in at most 15 probes, however many there are. An open-addressing hash
 * table in typed arrays: 16 bytes an entry at most, where a Map of strings takes about 100, and nothing for the collector to
 * walk through. A prefix is the number that its digits make behind a 1, so that zeros at its start count: 16 digits, exact in a
 * double.
 */
import { maxE164Digits } from "../e164.ts";

export interface PrefixIndex {
  readonly size: number;
  /** The value of the longest prefix; -1: there is none. @param digits E.164 without the plus sign */
  longest(digits: string): number;
}

export interface PrefixIndexBuilder extends PrefixIndex {
  /** @returns false where the prefix is there already; it keeps its value */
  add(prefix: string, value: number): boolean;
}

const firstSlots = 64;
/** Of the slots at most this share is used: beyond it probes become long. */
const mostFull = 0.7;
const powers = Array.from({ length: maxE164Digits + 1 }, (_, digits) => 10 ** digits);

export function createPrefixIndex(): PrefixIndexBuilder {
  let slots = firstSlots;
  /** 0: free, for no prefix is 0. */
  let keys = new Float64Array(slots);
  let values = new Uint32Array(slots);
  let size = 0;
  /** Bit n: there are prefixes of n digits. */
  let lengths = 0;

  /** Where the key is, or would be. */
  function slotOf(key: number): number {
    const mask = slots - 1;
    let at = hashOf(key) & mask;
    while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  function grow(): void {
    const [oldKeys, oldValues] = [keys, values];
    slots *= 2;
    keys = new Float64Array(slots);
    values = new Uint32Array(slots);
    for (let at = 0; at < oldKeys.length; at++) {
      const key = oldKeys[at] as number;
      if (key === 0) continue;
      const to = slotOf(key);
      keys[to] = key;
      values[to] = oldValues[at] as number;
    }
  }

  return {
    get size() {
      return size;
    },
    add(prefix, value) {
      const key = (powers[prefix.length] as number) + Number(prefix);
      if (keys[slotOf(key)] === key) return false;
      if (size >= slots * mostFull) grow();
      const at = slotOf(key);
      keys[at] = key;
      values[at] = value;
      size++;
      lengths |= 1 << prefix.length;
      return true;
    },
    longest(digits) {
      if (digits.length > maxE164Digits) return -1;
      // Longer than the longest prefix nothing is found.
      const most = Math.min(digits.length, 31 - Math.clz32(lengths));
      let rest = Number(digits.slice(0, most));
      for (let length = most; length > 0; length--) {
        if (lengths & (1 << length)) {
          const key = (powers[length] as number) + rest;
          const at = slotOf(key);
          if (keys[at] === key) return values[at] as number;
        }
        rest = Math.floor(rest / 10);
      }
      return -1;
    },
  };
}

/** Both halves of the number, multiplied by odd constants (Fibonacci hashing, Knuth, TAOCP vol. 3, 6.4). */
function hashOf(key: number): number {
  const high = Math.floor(key / 0x1_0000_0000);
  const mixed = Math.imul(key >>> 0, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca77);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
