/**
 * Keys of one purpose: the current one for what is new, previous ones until what was made with them has ended.
 *
 * Each key comes from a secret by HKDF-SHA-256 (RFC 5869) under the purpose's label, so one secret never serves two
 * purposes with the same key, and a secret may be of any length. Without a secret of its own a purpose uses `hmac_key`,
 * and its key from `hmac_key` stays readable afterwards: giving a purpose its own secret ends nothing.
 */
import { createSecretKey, hkdfSync, type KeyObject } from "node:crypto";

const keyBytes = 32;
/** 48 bits tell a handful of keys apart, and fit into every record that names one. */
const idBytes = 6;

/** A purpose's secrets, as in section `secrets`. */
export interface KeySecrets {
  readonly current: string;
  /** Newest first; each is read until the data made with it has ended. */
  readonly previous: readonly string[];
}

export interface Key {
  /** Names the key in stored data; reveals nothing about it. */
  readonly id: string;
  readonly key: KeyObject;
}

export interface KeyRing {
  readonly current: Key;
  /** The current one and the previous ones. */
  readonly all: readonly Key[];
  /** The key with this id, the current one or a previous one; undefined where it is no longer configured. */
  find(id: string): Key | undefined;
}

/**
 * @param label the purpose, a constant
 * @param hmacKey `secrets.hmac_key`
 * @param own the purpose's own secrets; undefined: its key comes from `hmacKey`
 */
export function createKeyRing(label: string, hmacKey: string, own?: KeySecrets): KeyRing {
  const current = deriveKey(label, own?.current ?? hmacKey);
  const previous = own === undefined ? [] : [...own.previous, hmacKey].map((secret) => deriveKey(label, secret));
  const byId = new Map([...previous.reverse(), current].map((key) => [key.id, key]));
  return { current, all: [...byId.values()], find: (id) => byId.get(id) };
}

function deriveKey(label: string, secret: string): Key {
  const bytes = (purpose: string, length: number) => Buffer.from(hkdfSync("sha256", secret, "", purpose, length));
  return {
    id: bytes(`onering ${label} key id`, idBytes).toString("base64url"),
    key: createSecretKey(bytes(`onering ${label} key`, keyBytes)),
  };
}
