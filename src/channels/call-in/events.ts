/** What happens to calls that come in. */

/**
 * What came of such a call, by the first thing that stood against it: it called none of our numbers, its trunk is not
 * trusted, its number was withheld or unreadable, too many came at once, nothing waited for it, the store was down.
 */
export const inboundCallResults = [
  "verified",
  "other_number",
  "untrusted",
  "withheld",
  "shed",
  "no_match",
  "failed",
] as const;
export type InboundCallResult = (typeof inboundCallResults)[number];

export interface InboundCallEvents {
  "inbound_call.received": { readonly trunk: string; readonly result: InboundCallResult };
}
