/** The hash functions of digest authentication (RFC 7616 section 3.3, RFC 8760 section 2.1). */
import { createHash, getHashes } from "node:crypto";

export interface Algorithm {
  /** Of node:crypto. */
  readonly hash: string;
  /** The key is bound to the first nonce and cnonce (`-sess`). */
  readonly session: boolean;
  /** The strongest that a realm offers is answered. */
  readonly strength: number;
}

const strengths = [
  ["MD5", "md5"],
  ["SHA-256", "sha256"],
  ["SHA-512-256", "sha512-256"],
] as const;

/** Of a machine in FIPS mode MD5 is missing. */
const available: ReadonlySet<string> = new Set(getHashes().map((name) => name.toLowerCase()));

const algorithms: ReadonlyMap<string, Algorithm> = new Map(
  strengths.flatMap(([name, hash], strength): [string, Algorithm][] => {
    if (!available.has(hash)) return [];
    return [
      [name, { hash, session: false, strength }],
      [`${name}-SESS`, { hash, session: true, strength }],
    ];
  }),
);

/** @param name as in a challenge, in any case; null: none that we know */
export function algorithmOf(name: string): Algorithm | null {
  return algorithms.get(name.toUpperCase()) ?? null;
}

/** In lower-case hexadecimal digits, of text with one character a byte (latin1). */
export function digestOf({ hash }: Pick<Algorithm, "hash">, text: string): string {
  return createHash(hash).update(text, "latin1").digest("hex");
}
