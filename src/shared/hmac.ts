/**
 * HMAC-SHA-256 (RFC 2104) of two one-shot hashes. A gateway computes several for each request, and node:crypto's Hmac is an
 * object with a context of its own each time, which takes twice as long.
 */
import { hash } from "node:crypto";

/** Of SHA-256, in bytes. */
const blockBytes = 64;
const digestBytes = 32;
/** UTF-8 has at most so many bytes for a UTF-16 unit. */
const bytesPerUnit = 3;
/** Units of a usual text; longer ones get a buffer of their own. */
const usualUnits = 512;

export interface HmacSha256 {
  /** @param text as UTF-8 */
  base64url(text: string): string;
  base64(text: string): string;
  bytes(text: string): Buffer;
}

/** @param key of any length: one longer than a block is hashed first (RFC 2104, 2) */
export function createHmacSha256(key: Buffer): HmacSha256 {
  const block = Buffer.alloc(blockBytes);
  (key.length > blockBytes ? hash("sha256", key, "buffer") : key).copy(block);
  const innerPad = block.map((byte) => byte ^ 0x36);
  const inner = Buffer.alloc(blockBytes + usualUnits * bytesPerUnit);
  inner.set(innerPad);
  const outer = Buffer.alloc(blockBytes + digestBytes);
  outer.set(block.map((byte) => byte ^ 0x5c));

  /** `outer` with the hash of inner pad and text behind its pad. */
  function outerOf(text: string): Buffer {
    let bytes = inner;
    if (text.length > usualUnits) {
      // What is not written over is not hashed.
      bytes = Buffer.allocUnsafe(blockBytes + text.length * bytesPerUnit);
      bytes.set(innerPad);
    }
    const length = bytes.write(text, blockBytes, "utf8");
    // A string with a byte in each character: node:crypto takes twice as long to return a buffer.
    outer.write(hash("sha256", bytes.subarray(0, blockBytes + length), "binary"), blockBytes, "binary");
    return outer;
  }

  return {
    base64url: (text) => hash("sha256", outerOf(text), "base64url"),
    base64: (text) => hash("sha256", outerOf(text), "base64"),
    bytes: (text) => Buffer.from(hash("sha256", outerOf(text), "binary"), "binary"),
  };
}
