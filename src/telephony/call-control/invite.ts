/** The parts of an inbound INVITE by which its caller is judged (telephony/calls/caller.ts). */

/** Header values as received: untrusted, at most 1000 characters each, '' where there is none. */
export interface Invite {
  /** User part of the Request-URI, parameters included. */
  readonly called: string;
  /** Names of all headers, in lower case, one for each header line. */
  readonly names: readonly string[];
  readonly to: string;
  readonly from: string;
  /** Each P-Asserted-Identity header line, of the first two. RFC 3325. */
  readonly asserted: readonly string[];
  readonly privacy: string;
  /** Each History-Info header line, of the first three. RFC 7044. */
  readonly history: readonly string[];
  /** P-Attestation-Indicator and Attestation-Info (3GPP TS 24.229, 7.2.18), those that are there. */
  readonly attestation: readonly string[];
}
