/**
 * Encrypts a notification for one browser: RFC 8291 with the content coding aes128gcm of RFC 8188. The push service sees
 * the size alone. With node:crypto, whose primitives leave a dozen lines; the RFC's example is in the tests.
 */
import { createCipheriv, createECDH, hkdfSync } from "node:crypto";
import type { Random } from "../../../shared/random.ts";

const curve = "prime256v1";
/** The whole message is one record of this size at most (RFC 8291 §4). */
const recordBytes = 4096;
const tagBytes = 16;
const saltBytes = 16;
/** Marks the end of the last record's content (RFC 8188 §2). */
const lastRecord = 2;

/** What one record holds beside tag and delimiter, less the header: services accept bodies of 4096 bytes (RFC 8030 §7.2). */
export const maxPlainBytes = 4096 - 86 - tagBytes - 1;

export interface Recipient {
  /** The browser's public key, an uncompressed point of P-256, in base64url. */
  readonly p256dh: string;
  /** Its authentication secret, 16 bytes in base64url. */
  readonly auth: string;
}

/** @param privateKey the sender's key of this one message; made anew unless a test gives it */
export function encryptForBrowser(
  plain: Buffer,
  { p256dh, auth }: Recipient,
  random: Random,
  privateKey: Buffer | null = null,
): Buffer {
  const sender = createECDH(curve);
  if (privateKey === null) sender.generateKeys();
  else sender.setPrivateKey(privateKey);
  const senderPublic = sender.getPublicKey();
  const browserPublic = Buffer.from(p256dh, "base64url");
  const salt = random.bytes(saltBytes);

  const keyInfo = Buffer.concat([Buffer.from("WebPush: info\0"), browserPublic, senderPublic]);
  const shared = sender.computeSecret(browserPublic);
  const input = derive(shared, Buffer.from(auth, "base64url"), keyInfo, 32);
  const key = derive(input, salt, Buffer.from("Content-Encoding: aes128gcm\0"), 16);
  const nonce = derive(input, salt, Buffer.from("Content-Encoding: nonce\0"), 12);

  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  const content = [cipher.update(plain), cipher.update(Buffer.of(lastRecord)), cipher.final(), cipher.getAuthTag()];
  const size = Buffer.alloc(4);
  size.writeUInt32BE(recordBytes);
  return Buffer.concat([salt, size, Buffer.of(senderPublic.length), senderPublic, ...content]);
}

function derive(input: Buffer, salt: Buffer, info: Buffer, bytes: number): Buffer {
  return Buffer.from(hkdfSync("sha256", input, salt, info, bytes));
}
