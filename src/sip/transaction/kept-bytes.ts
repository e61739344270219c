/**
 * The bytes of requests that server transactions keep, shared by far end as places are (ADR 78, ADR 91). Over UDP anyone can write
 * a carrier's address into requests of 16 KB, and each transaction is kept for 32 s.
 */
import { LatestMap } from "../../shared/latest-map.ts";
import { type Share, Shares } from "../shares.ts";
import type { Flow } from "../transport/port.ts";

/** A request that is kept, as this budget counts it. */
export interface Kept {
  readonly share: Share;
  readonly bytes: number;
}

export class KeptBytes {
  readonly #shares: Shares<Flow>;
  /** Of each far end those that may give way, with what lets go of them, the one that is kept longest first. */
  readonly #answered = new Map<Share, LatestMap<Kept, () => void>>();
  /** How many gave way. */
  gaveWay = 0;

  /** @param farEndOf see `TransactionOptions` */
  constructor(limit: number, farEndOf: ((flow: Flow) => string) | null) {
    this.#shares = new Shares(limit, farEndOf);
  }

  /** How many are kept. */
  get size(): number {
    return this.#shares.taken;
  }

  /**
   * Where this far end has no bytes left, requests of its own that were answered give way, the oldest first: who wrote a forged one
   * never acknowledges it, and the carrier does so at once.
   * @returns null: there is no room. Release what is returned, once
   */
  keep(flow: Flow, bytes: number): Kept | null {
    for (;;) {
      const share = this.#shares.take(flow, bytes);
      if (share !== null) return { share, bytes };
      const own = this.#shares.of(flow);
      const oldest = own && this.#answered.get(own)?.oldest();
      if (oldest === undefined) return null;
      const [kept, letGo] = oldest;
      this.release(kept);
      this.gaveWay += 1;
      letGo();
    }
  }

  /** It was answered: from now on it may give way. @param letGo called when it does; it is released by then */
  answered(kept: Kept, letGo: () => void): void {
    const own = this.#answered.get(kept.share) ?? new LatestMap(Number.POSITIVE_INFINITY);
    this.#answered.set(kept.share, own);
    own.set(kept, letGo);
  }

  release(kept: Kept): void {
    const { share, bytes } = kept;
    const own = this.#answered.get(share);
    if (own?.delete(kept) === true && own.size === 0) this.#answered.delete(share);
    this.#shares.giveBack(share, bytes);
  }
}
