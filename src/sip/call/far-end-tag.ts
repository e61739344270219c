/** How a call remembers its far ends: by texts that keep nothing else of a message, which may be 64 KB of which a call gets many. */
import { tagOf } from "../header.ts";
import { onlyHeaderOf, type ParsedMessage } from "../message.ts";
import { shortKey } from "../short-key.ts";

/** Null: there is none. */
export function farEndTag(message: ParsedMessage, name: "from" | "to"): string | null {
  const tag = tagOf(onlyHeaderOf(message, name) ?? "");
  return tag === null ? null : shortKey(tag);
}
