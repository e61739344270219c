/** How numbers, trunks and apps are named in what is kept of health: keyed hashes, under a key of this purpose alone. */
import { createHmacSha256 } from "../../shared/hmac.ts";
import { LatestMap } from "../../shared/latest-map.ts";
import { createKeyRing } from "../../verification/key-ring.ts";

/** base64url characters: 132 bits. */
const numberLength = 22;
/** 36 bits tell the trunks and apps of one gateway apart. */
const nameLength = 6;
/** Names of trunks and apps, which are few, and prefixes. */
const mostRemembered = 5000;
/** The plus sign and six digits: in most countries an operator's range. */
const prefixLength = 7;

export interface HealthHashes {
  /** @param to E.164 */
  number(to: string): string;
  /** Of a trunk, a channel or an app: six characters. */
  name(name: string): string;
  /** Of a trunk in the range of a number, for `HealthStore.count`. */
  trunkAt(via: string, to: string): string;
}

/** @param hmacKey `secrets.hmac_key`; when it changes, what was learned is forgotten */
export function createHealthHashes(hmacKey: string): HealthHashes {
  const hmac = createHmacSha256(createKeyRing("number health", hmacKey).current.key.export());
  const names = new LatestMap<string, string>(mostRemembered);
  function name(text: string): string {
    const known = names.get(text);
    if (known !== undefined) return known;
    const made = hmac.base64url(`name\0${text}`).slice(0, nameLength);
    names.set(text, made);
    return made;
  }
  return {
    number: (to) => hmac.base64url(`number\0${to}`).slice(0, numberLength),
    name,
    trunkAt: (via, to) => name(via) + name(`prefix ${to.slice(0, prefixLength)}`),
  };
}
