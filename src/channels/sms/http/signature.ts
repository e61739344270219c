/** Verifies that a receipt was signed by the provider, lately. */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { SmsHttpReceipts, SmsHttpTexts } from "./config.ts";

type Signing = SmsHttpReceipts | SmsHttpTexts;
type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Whether the headers have what could be a signature; the body decides. */
export function hasSignature(headers: Headers, config: Signing): boolean {
  return signatureOf(one(headers, config.signature_header), config) !== null;
}

/** @param raw the body as it came */
export function isSigned(raw: Buffer, headers: Headers, config: Signing, nowMs: number): boolean {
  const given = signatureOf(one(headers, config.signature_header), config);
  const timestamp = config.timestamp_header === undefined ? "" : one(headers, config.timestamp_header);
  if (given === null || timestamp === null) return false;
  if (config.timestamp_header !== undefined && !isRecent(timestamp, config.timestamp_tolerance_seconds, nowMs))
    return false;
  const hmac = createHmac(config.algorithm, config.secret);
  const [before = "", after = ""] = config.signed.split("{body}");
  const part = (text: string) => text.replaceAll("{timestamp}", timestamp);
  const expected = hmac.update(part(before)).update(raw).update(part(after)).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Null without the header, or where it is given twice. */
function one(headers: Headers, name: string): string | null {
  const value = headers[name.toLowerCase()];
  return typeof value === "string" ? value : null;
}

function signatureOf(header: string | null, { signature_prefix: prefix, encoding }: Signing): Buffer | null {
  if (header === null || !header.startsWith(prefix)) return null;
  const text = header.slice(prefix.length);
  const isText = encoding === "hex" ? /^[0-9a-fA-F]{2,256}$/.test(text) : /^[A-Za-z0-9+/_-]{2,256}={0,2}$/.test(text);
  return isText ? Buffer.from(text, encoding) : null;
}

function isRecent(timestamp: string, toleranceSeconds: number, nowMs: number): boolean {
  const number = /^\d{9,13}$/.test(timestamp) ? Number(timestamp) : null;
  // 12 and 13 digits are milliseconds: as seconds they lie 30,000 years ahead.
  const ms = number === null ? Date.parse(timestamp) : timestamp.length > 11 ? number : number * 1000;
  return Number.isFinite(ms) && Math.abs(nowMs - ms) <= toleranceSeconds * 1000;
}
