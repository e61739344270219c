/** Places for transactions or connections, shared so that no far end can take those of all others (ADR 78). */

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

  /** @returns null: this far end gets none now; give back what is returned, once */
  take(place: Place): Share | null {
    const free = this.#limit - this.#taken;
    if (free <= 0) return null;
    const name = this.#nameOf?.(place) ?? "";
    let share = this.#byName.get(name);
    if (share === undefined) {
      share = new Share(name);
      this.#byName.set(name, share);
    } else if (this.#nameOf !== null && share.taken >= free) return null;
    share.taken += 1;
    this.#taken += 1;
    return share;
  }

  giveBack(share: Share): void {
    share.taken -= 1;
    this.#taken -= 1;
    if (share.taken === 0) this.#byName.delete(share.name);
  }
}
