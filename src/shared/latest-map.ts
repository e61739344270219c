/**
 * A bounded map of what was added last. It forgets half of its entries at a time: to delete the oldest one of a Map for each
 * that is added takes a Map of 10,000 entries 6 µs, because it walks over all that were deleted before.
 */
export class LatestMap<Key, Value> {
  readonly #least: number;
  #newer = new Map<Key, Value>();
  #older = new Map<Key, Value>();

  /** @param least so many of the latest entries are kept at least, at most twice as many */
  constructor(least: number) {
    this.#least = least;
  }

  set(key: Key, value: Value): void {
    if (this.#newer.size >= this.#least && !this.#newer.has(key)) {
      this.#older = this.#newer;
      this.#newer = new Map();
    }
    this.#newer.set(key, value);
  }

  get(key: Key): Value | undefined {
    return this.#newer.has(key) ? this.#newer.get(key) : this.#older.get(key);
  }

  delete(key: Key): void {
    this.#newer.delete(key);
    this.#older.delete(key);
  }

  has(key: Key): boolean {
    return this.#newer.has(key) || this.#older.has(key);
  }
}
