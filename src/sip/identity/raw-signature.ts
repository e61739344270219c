/**
 * An ECDSA signature on P-256 as JWS wants it (RFC 7518 section 3.4): r and s of 32 bytes each. Node converts by itself
 * (`dsaEncoding`), but for 26 µs, which is more than the signature takes.
 */

const partBytes = 32;

/**
 * @param der SEQUENCE of two INTEGERs, as OpenSSL makes it
 * @throws {RangeError} for anything else
 */
export function rawSignature(der: Buffer): Buffer {
  const raw = Buffer.alloc(2 * partBytes);
  // On P-256 the sequence has at most 70 bytes of content, so every length is one byte.
  if (der[0] !== 0x30 || der[1] !== der.length - 2) throw notDer();
  const next = copyInteger(der, 2, raw, 0);
  if (copyInteger(der, next, raw, partBytes) !== der.length) throw notDer();
  return raw;
}

/** Copies an INTEGER, right-aligned. @returns where the next element begins */
function copyInteger(der: Buffer, at: number, raw: Buffer, offset: number): number {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  if (der[at] !== 0x02 || length < 1 || end > der.length) throw notDer();
  // A leading zero says only that the number is positive.
  const start = der[at + 2] === 0 && length > 1 ? at + 3 : at + 2;
  if (end - start > partBytes) throw notDer();
  der.copy(raw, offset + partBytes - (end - start), start, end);
  return end;
}

const notDer = () => new RangeError("not a DER signature on P-256");
