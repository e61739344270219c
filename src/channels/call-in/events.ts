/** Events of inbound calls. */

/**
 * The result of such a call, by the first objection: an AMI event without the dialplan's secret (`forged`), the dialplan
 * did not pass on the complete INVITE (`unreadable`), a number that is not in the trunk's
 * `number_format` (`wrong_format`), it called none of our numbers, its trunk is not trusted, it was forwarded, its identity
 * was withheld or not one that the network asserted, its signature attests too little, too many came at once, no verification
 * waited for it, the store was unreachable.
 */
export const inboundCallResults = [
  "verified",
  "forged",
  "unreadable",
  "wrong_format",
  "other_number",
  "untrusted",
  "forwarded",
  "withheld",
  "not_attested",
  "shed",
  "no_match",
  "failed",
] as const;
export type InboundCallResult = (typeof inboundCallResults)[number];

export interface InboundCallEvents {
  "inbound_call.received": { readonly trunk: string; readonly result: InboundCallResult };
}
