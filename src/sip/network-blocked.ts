/**
 * "603+" (ATIS-1000099): the 603 by which a network's call analytics say that they blocked the caller ID, as opposed to a
 * person who declines: `SIP/2.0 603 Network Blocked` with `Reason: SIP;cause=603;text="v=analytics1;url=https://…"`.
 */
import type { Reason } from "./header.ts";

export interface NetworkBlock {
  /** Where the caller can appeal the block; null where none is given. */
  readonly redressUrl: string | null;
}

const phraseOfBlock = "network blocked";
const maxUrl = 256;

/**
 * @param phrase the status line's reason phrase; the only input where the capture saw no message
 * @returns null where the response is no such block
 */
export function isNetworkBlocked(status: number, phrase: string, reasons: readonly Reason[]): NetworkBlock | null {
  if (status !== 603) return null;
  const analytics = reasons.find(
    ({ protocol, cause, text }) =>
      protocol.toUpperCase() === "SIP" && cause === 603 && /^[ \t]*v[ \t]*=[ \t]*analytics/i.test(text),
  );
  if (analytics === undefined && phrase.trim().toLowerCase() !== phraseOfBlock) return null;
  return { redressUrl: analytics === undefined ? null : redressUrl(analytics.text) };
}

/** Without credentials, query and fragment, and without longer runs of digits: such URLs may hold the number called or shown. */
function redressUrl(text: string): string | null {
  const given = text
    .split(";")
    .map((part) => part.trim())
    .find((part) => /^url[ \t]*=/i.test(part));
  const value = given?.slice(given.indexOf("=") + 1).trim() ?? "";
  if (value === "" || value.length > maxUrl || !URL.canParse(value)) return null;
  const { protocol, host, pathname } = new URL(value);
  if (protocol !== "https:" && protocol !== "http:") return null;
  return `${protocol}//${host}${pathname}`.replace(/\d(?:[\d._%-]*\d){5,}/g, "…");
}
