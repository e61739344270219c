/**
 * The last SIP response that a channel's far end sent, as Asterisk puts it into its events where ari.conf and manager.conf
 * have our `channelvars` line (asterisk-config/ari.conf). Without it a final response that Asterisk generated because a
 * connection broke cannot be distinguished from the carrier's.
 */
import type { LastResponse } from "../call-control/port.ts";

/** Part of the variable's expression, and so of its name. */
export const marker = "ONERING_LAST_RESPONSE";
const maxPhrase = 64;
/** The AMI package splits at the first `=`, which is inside the expression: the value follows the expression's end. */
const endOfName = `${marker})}})=`;

/**
 * @param variables a channel's variables: ARI's `channelvars`, or AMI's `ChanVariable` as the package parses it
 * @returns null where they do not include our variable
 */
export function lastResponseIn(variables: unknown): LastResponse | null {
  if (typeof variables !== "object" || variables === null) return null;
  for (const [name, value] of Object.entries(variables)) {
    if (typeof value !== "string") continue;
    if (name.includes(marker)) return read(value);
    const at = value.indexOf(endOfName);
    if (at >= 0) return read(value.slice(at + endOfName.length));
  }
  return null;
}

/** `SIP 503 Service Unavailable`; empty: no response came. Asterisk writes nothing else. */
function read(value: string): LastResponse | null {
  if (value === "") return { status: 0, phrase: "" };
  const status = /^SIP ([1-6]\d\d)(?: |$)/.exec(value)?.[1];
  return status === undefined ? null : { status: Number(status), phrase: value.slice(8, 8 + maxPhrase) };
}
