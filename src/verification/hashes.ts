/**
 * What Redis may know of secrets: keyed hashes only. A code has 10^4 values, so a plain hash would be no secret at
 * all; without the key an HMAC tells nothing (RFC 2104). Each purpose has its own label, so that a value of one can
 * never be taken for a value of another.
 */
import { createHmac } from "node:crypto";
import type { StartRequest } from "./types.ts";

/** 128 of 256 bits: RFC 2104 §5 asks for at least half. */
const hashBytes = 16;

/** How the store knows a callee. */
export interface CalleeRef {
  /** HMAC mod 65,536 in 4 hex digits: which Redis Cluster slot. */
  readonly bucket: string;
  /** 128 more bits of the same HMAC. */
  readonly hash: string;
}

export interface Hashes {
  /** @param e164 with the plus sign */
  callee(e164: string): CalleeRef;
  /** The code of one verification. Bound to its id, so that equal codes look different. */
  code(verificationId: string, code: string): string;
  /** A caller ID as shown to one callee: the same caller ID looks different for another. */
  callerId(callee: string, callerId: string): string;
  /** An Idempotency-Key of one app. */
  idempotencyKey(app: string, key: string): string;
  /** Tells whether two requests say the same, whatever the order of their keys. */
  fingerprint(request: StartRequest): string;
}

/** @param hmacKey `secrets.hmac_key`, at least 32 characters */
export function createHashes(hmacKey: string): Hashes {
  const digest = (label: string, ...parts: string[]) =>
    createHmac("sha256", hmacKey)
      .update([label, ...parts].join("\0"))
      .digest();
  const short = (label: string, ...parts: string[]) =>
    digest(label, ...parts)
      .subarray(0, hashBytes)
      .toString("base64url");

  return {
    callee(e164) {
      const whole = digest("callee", e164);
      return {
        bucket: whole.toString("hex", 0, 2),
        hash: whole.subarray(2, 2 + hashBytes).toString("base64url"),
      };
    },
    code: (verificationId, code) => short("code", verificationId, code),
    callerId: (callee, callerId) => short("caller-id", callee, callerId),
    idempotencyKey: (app, key) => short("idempotency-key", app, key),
    fingerprint: (request) =>
      short(
        "request",
        JSON.stringify([
          request.to,
          request.country ?? null,
          request.codeLength ?? null,
          request.reference ?? null,
          request.metadata ? Object.entries(request.metadata).sort(byKey) : null,
        ]),
      ),
  };
}

function byKey([a]: [string, string], [b]: [string, string]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
