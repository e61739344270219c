/**
 * PASSporTs (RFC 8225) with the extension `shaken` (RFC 8588), in full form, as the Identity header of an INVITE (RFC 8224).
 *
 * Signed in the event loop: 25 µs a call. In the thread pool it would take 20 µs of the loop and 30 of another core
 * (ADR 74 has the measurements).
 */
import { randomUUID, sign } from "node:crypto";
import { rawSignature } from "./raw-signature.ts";
import type { SigningKey } from "./signing-key.ts";

/** How well we know the caller: A knows them and their right to the number, B them alone, C neither (RFC 8588 section 4). */
export type Attestation = "A" | "B" | "C";

export interface PassportRules {
  /** Where verifiers fetch the certificate: an https URL in printable ASCII. */
  readonly x5u: string;
  /** UUID of who originated the call, for tracing it back; null: a random one for each call (RFC 8588 section 5). */
  readonly origid: string | null;
  /** Adds `rcd` with this name (RFC 9795 section 5.1.1); null: none. */
  readonly callingName: string | null;
}

export interface SignedCall {
  /** E.164 with the plus sign. */
  readonly callerId: string;
  readonly callee: string;
  readonly attestation: Attestation;
}

/** Values of the two headers: a verifier compares Date with the PASSporT's `iat` (RFC 8224 section 4.1). */
export interface SignedHeaders {
  readonly identity: string;
  readonly date: string;
}

export type Signer = (call: SignedCall, nowMs: number) => SignedHeaders;

/** Canonical form of a telephone number (RFC 8224 section 8.3): digits alone, no plus sign. */
export function canonicalNumber(number: string): string {
  return number.replace(/[^0-9]/g, "");
}

/** @returns signs calls; the header of the PASSporT, the same for all, is made once */
export function createSigner({ key }: Pick<SigningKey, "key">, rules: PassportRules): Signer {
  // The keys of both objects in lexicographic order and without white space: RFC 8225 section 9.
  const header = encode(JSON.stringify({ alg: "ES256", ppt: "shaken", typ: "passport", x5u: rules.x5u }));
  const parameters = `;info=<${rules.x5u}>;alg=ES256;ppt=shaken`;
  const rcd = rules.callingName === null ? "" : `,"rcd":${JSON.stringify({ nam: rules.callingName })}`;
  let second = -1;
  let date = "";
  return ({ callerId, callee, attestation }, nowMs) => {
    const iat = Math.floor(nowMs / 1000);
    if (iat !== second) {
      second = iat;
      date = new Date(iat * 1000).toUTCString();
    }
    // Numbers are digits and the rest is ours, so nothing needs to be escaped.
    const claims = `{"attest":"${attestation}","dest":{"tn":["${canonicalNumber(callee)}"]},"iat":${iat},"orig":{"tn":"${canonicalNumber(callerId)}"},"origid":"${rules.origid ?? randomUUID()}"${rcd}}`;
    const signed = `${header}.${encode(claims)}`;
    const signature = rawSignature(sign("sha256", Buffer.from(signed, "latin1"), key));
    return { identity: `${signed}.${signature.toString("base64url")}${parameters}`, date };
  };
}

const encode = (text: string) => Buffer.from(text).toString("base64url");
