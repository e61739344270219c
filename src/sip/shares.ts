/** Places for transactions or connections, or bytes, shared so that no far end can take those of all others (ADR 78). */

/** The places that one far end has taken. */
export class Share {
  readonly name: string;
  taken = 0;

  constructor(name: string) {
    this.name = name;
  }
}

/**
 * A far end gets another place while it has fewer than are free: alone it gets half of all, of n greedy ones each a part of n + 1,
 * and there is always room for one more.
 */
export class Shares<Place> {
  readonly #limit: number;
  readonly #nameOf: ((place: Place) => string) | null;
  readonly #byName = new Map<string, Share>();
  #taken = 0;

  /** @param nameOf the far end that wants a place; null: there is but one, which gets all places */
  constructor(limit: number, nameOf: ((place: Place) => string) | null) {
    this.#limit = limit;
    this.#nameOf = nameOf;
  }

  /** How many are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** @returns null: this far end gets no so many now; give back as many to what is returned, once */
  take(place: Place, count = 1): Share | null {
    const free = this.#limit - this.#taken;
    if (count > free) return null;
    const name = this.#nameOf?.(place) ?? "";
    const known = this.#byName.get(name);
    if (known !== undefined && this.#nameOf !== null && known.taken + count > free) return null;
    const share = known ?? new Share(name);
    if (known === undefined) this.#byName.set(name, share);
    share.taken += count;
    this.#taken += count;
    return share;
  }

  /** What this far end has taken; undefined: nothing. */
  of(place: Place): Share | undefined {
    return this.#byName.get(this.#nameOf?.(place) ?? "");
  }

  giveBack(share: Share, count = 1): void {
    share.taken -= count;
    this.#taken -= count;
    if (share.taken === 0) this.#byName.delete(share.name);
  }
}
