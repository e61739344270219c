/** The nonces of one account: what each signed, and which may be used again before a challenge. */
import { LatestMap } from "../../shared/latest-map.ts";
import type { Random } from "../../shared/random.ts";
import type { Answerable } from "./response.ts";

/** One nonce of a server, and what we made of it. */
export interface NonceUse {
  readonly challenge: Answerable;
  /** One for all requests of a nonce: `-sess` binds the key to it. */
  readonly cnonce: string;
  /** How many requests were signed (nc). */
  count: number;
  readonly sinceMs: number;
  /** H(A1). */
  key(): string;
}

/** A server that repeats a nonce (Kamailio does, within a second) has few at a time. */
const keptNonces = 64;
/** A proxy and a server, each with a realm; more is no account. */
const maxRealms = 4;
const cnonceBytes = 12;
/** After this time it is tried again whether a server that refused keeps its nonces now. */
const forgetRefusalMs = 3_600_000;
/** nc has 8 hexadecimal digits (RFC 7616 section 3.4). */
const maxCount = 0xffff_fffe;

export class Nonces {
  readonly #random: Random;
  readonly #nowMs: () => number;
  readonly #keyOf: (challenge: Answerable, cnonce: string) => string;
  readonly #byNonce = new LatestMap<string, NonceUse>(keptNonces);
  /** The newest of each realm, of the proxy and the server. */
  readonly #newest = new Map<string, NonceUse>();
  /** A nonce is used ahead up to this age: half of that at which one was refused. Of a one-time nonce it is next to nothing. */
  #longestMs = Number.POSITIVE_INFINITY;
  #refusedAtMs = Number.NEGATIVE_INFINITY;

  constructor(random: Random, nowMs: () => number, keyOf: (challenge: Answerable, cnonce: string) => string) {
    this.#random = random;
    this.#nowMs = nowMs;
    this.#keyOf = keyOf;
  }

  /** For the answer to a challenge: the same use where the server gave this nonce before. */
  take(challenge: Answerable): NonceUse {
    const { by, realm, nonce, algorithmName, qop } = challenge;
    const space = `${by} ${realm}`;
    const name = `${space} ${algorithmName} ${qop} ${nonce}`;
    const known = this.#byNonce.get(name);
    if (known !== undefined && known.count < maxCount) return known;
    const use = this.#begin(challenge);
    this.#byNonce.set(name, use);
    this.#newest.delete(space);
    this.#newest.set(space, use);
    for (const oldest of this.#newest.keys()) if (this.#newest.size > maxRealms) this.#newest.delete(oldest);
    return use;
  }

  #begin(challenge: Answerable): NonceUse {
    const cnonce = this.#random.bytes(cnonceBytes).toString("hex");
    let key: string | null = null;
    return {
      challenge,
      cnonce,
      count: 0,
      sinceMs: this.#nowMs(),
      key: () => {
        key ??= this.#keyOf(challenge, cnonce);
        return key;
      },
    };
  }

  /** Those that may sign a request before it is challenged. Without qop a nonce signs once: replay would be possible. */
  usable(): readonly NonceUse[] {
    const nowMs = this.#nowMs();
    if (nowMs - this.#refusedAtMs > forgetRefusalMs) this.#longestMs = Number.POSITIVE_INFINITY;
    const uses: NonceUse[] = [];
    for (const use of this.#newest.values()) {
      const isYoung = nowMs - use.sinceMs <= this.#longestMs;
      if (isYoung && use.challenge.qop !== "none" && use.count < maxCount) uses.push(use);
    }
    return uses;
  }

  /** A nonce was refused that had been used before a challenge. Of several calls that it signed the first counts. */
  refusedAhead(use: NonceUse): void {
    const space = `${use.challenge.by} ${use.challenge.realm}`;
    if (this.#newest.get(space) !== use) return;
    this.#newest.delete(space);
    this.#refusedAtMs = this.#nowMs();
    this.#longestMs = Math.min(this.#longestMs, (this.#refusedAtMs - use.sinceMs) / 2);
  }
}
