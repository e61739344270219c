/**
 * Links by which somebody opts out of one app: `<base>/o/<token>`. The token holds the recipient's keyed hash, the app and an end, signed; no
 * number. Short, because it stands in messages.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../shared/clock.ts";
import { createKeyRing, type Key, type KeySecrets } from "../verification/key-ring.ts";

const macBytes = 12;
const hashBytes = 16;
/** Hours since the epoch; enough until the year 3883. */
const endBytes = 3;
const hourMs = 3_600_000;
/** 40 characters of an app's name. */
const tokenShape = /^[A-Za-z0-9_-]{43,96}$/;

export interface LinkTarget {
  /** As `OptOutHashes.of`. */
  readonly callee: string;
  readonly app: string;
}

export interface Links {
  make(target: LinkTarget): { readonly token: string; readonly expiresAtMs: number };
  /** Null for a token that was not made here, or has expired. */
  read(token: string): LinkTarget | null;
}

/** @param own `secrets.opt_out_key` */
export function createLinks(options: {
  readonly hmacKey: string;
  readonly own?: KeySecrets | undefined;
  readonly days: number;
  readonly clock: Pick<Clock, "nowMs">;
}): Links {
  const { days, clock } = options;
  const keys = createKeyRing("opt-out links", options.hmacKey, options.own);
  const sign = ({ key }: Key, bytes: Buffer) => createHmac("sha256", key).update(bytes).digest().subarray(0, macBytes);

  return {
    make({ callee, app }) {
      const hours = Math.ceil(clock.nowMs() / hourMs) + days * 24;
      const end = Buffer.alloc(endBytes);
      end.writeUIntBE(hours, 0, endBytes);
      const said = Buffer.concat([Buffer.from(callee, "base64url"), end, Buffer.from(app)]);
      const token = Buffer.concat([sign(keys.current, said), said]).toString("base64url");
      return { token, expiresAtMs: hours * hourMs };
    },
    read(token) {
      if (!tokenShape.test(token)) return null;
      const bytes = Buffer.from(token, "base64url");
      const [mac, said] = [bytes.subarray(0, macBytes), bytes.subarray(macBytes)];
      if (said.length <= hashBytes + endBytes) return null;
      if (!keys.all.some((key) => timingSafeEqual(mac, sign(key, said)))) return null;
      if (clock.nowMs() >= said.readUIntBE(hashBytes, endBytes) * hourMs) return null;
      const callee = said.toString("base64url", 0, hashBytes);
      return { callee, app: said.toString("utf8", hashBytes + endBytes) };
    },
  };
}
