/** Identifies this gateway to push services: VAPID, RFC 8292. */
import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import type { Clock } from "../../../shared/clock.ts";
import { signJwt } from "../jwt.ts";

/** RFC 8292 §2 allows 24 h; some services count from their own clock. */
const lifeSeconds = 12 * 3600;
/** Signing costs 50 µs and the header is the same for all messages to a service; a kept one can be replayed while it lives. */
const reuseMs = 3_600_000;
/** Origins of push services that are kept; Edge has many. */
const maxOrigins = 200;

export interface Vapid {
  /** The value of `Authorization` for a push service. */
  authorization(origin: string): string;
}

export interface VapidKeys {
  readonly publicKey: string;
  readonly key: KeyObject;
}

/** The key pair; null where the two do not belong together. */
export function vapidKeys(publicKey: string, privateKey: string): VapidKeys | null {
  try {
    const secret = Buffer.from(privateKey, "base64url");
    if (secret.length !== 32) return null;
    const pair = createECDH("prime256v1");
    pair.setPrivateKey(secret);
    const point = pair.getPublicKey();
    if (point.toString("base64url") !== publicKey) return null;
    const text = (bytes: Buffer) => bytes.toString("base64url");
    const jwk = {
      kty: "EC",
      crv: "P-256",
      x: text(point.subarray(1, 33)),
      y: text(point.subarray(33)),
      d: text(secret),
    };
    return { publicKey, key: createPrivateKey({ key: jwk, format: "jwk" }) };
  } catch {
    return null;
  }
}

export function createVapid({ publicKey, key }: VapidKeys, subject: string, clock: Clock): Vapid {
  const kept = new Map<string, { readonly value: string; readonly madeMs: number }>();
  return {
    authorization(origin) {
      const nowMs = clock.nowMs();
      const found = kept.get(origin);
      if (found !== undefined && nowMs >= found.madeMs && nowMs - found.madeMs < reuseMs) return found.value;
      const claims = { aud: origin, exp: Math.floor(nowMs / 1000) + lifeSeconds, sub: subject };
      const value = `vapid t=${signJwt({ typ: "JWT" }, claims, key)}, k=${publicKey}`;
      kept.delete(origin);
      kept.set(origin, { value, madeMs: nowMs });
      const [oldest] = kept.keys();
      if (kept.size > maxOrigins && oldest !== undefined) kept.delete(oldest);
      return value;
    },
  };
}
