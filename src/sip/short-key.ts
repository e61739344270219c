/** Texts of far ends as they are remembered: short, and nothing else of their message with them. */
import { createHash } from "node:crypto";

/** Asterisk's Call-IDs and branches have some 60 characters; a header may be as long as its message. */
const longestKey = 128;

/**
 * A text as it is remembered, of a longer one its hash. A copy: what is cut or put together out of a text keeps all of it, here a
 * message for as long as its key is remembered.
 */
export function shortKey(text: string): string {
  if (text.length > longestKey) return createHash("sha256").update(text, "latin1").digest("base64");
  return Buffer.from(text, "latin1").toString("latin1");
}
