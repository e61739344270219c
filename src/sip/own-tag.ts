/**
 * From tags that show whose call a message belongs to: a gateway recognises calls of one that died, without having kept
 * anything of them. No one else can make them.
 */
import type { KeyObject } from "node:crypto";
import { createHmacSha256 } from "../shared/hmac.ts";

/** 96 bits; RFC 3261 section 19.3 asks for 32. */
const tagLength = 16;

export interface OwnTags {
  /** The From tag of a call of ours. */
  tagFor(callId: string): string;
  isOurs(callId: string, tag: string): boolean;
}

/** @param key the same in all gateways */
export function createOwnTags(key: KeyObject): OwnTags {
  const hmac = createHmacSha256(key.export());
  const tagFor = (callId: string) => hmac.base64url(callId).slice(0, tagLength);
  // A tag is sent in the clear with its Call-ID: that this comparison takes no constant time reveals nothing.
  return { tagFor, isOurs: (callId, tag) => tag === tagFor(callId) };
}
