/** What became of a canary's caller ID on its path. */
import { createNumberFormat, type NumberFormatConfig } from "../../telephony/trunks/number-format.ts";

/** `prefix_changed`: other digits in front, but the code is still right; `prefix_lost`: digits are missing in front. */
export type Arrival = "as_sent" | "prefix_lost" | "prefix_changed" | "replaced" | "withheld";

export interface Sent {
  /** E.164 with the plus sign. */
  readonly callerId: string;
  /** How many of its last digits are a code. */
  readonly codeLength: number;
  /** The trunk that it was sent on. */
  readonly trunk: NumberFormatConfig;
}

/** What networks write in place of a number that is withheld (RFC 3323, 3GPP TS 24.607). */
const withheldWords = /^(anonymous|restricted|unavailable|unknown|private)?$/i;

/**
 * A plus sign is no digit, and how the two trunks write numbers is no change either: what counts is whose number the
 * far end takes it for.
 * @param heard the caller as it came; untrusted text
 * @param heardOn how the trunk that it was heard on writes numbers; null: as it was sent
 */
export function judgeArrival(sent: Sent, heard: string, heardOn: NumberFormatConfig | null): Arrival {
  if (withheldWords.test(heard.trim())) return "withheld";
  const digits = heard.replace(/\D/g, "");
  const own = sent.callerId.slice(1);
  const written = createNumberFormat(sent.trunk).callerId(sent.callerId)?.replace(/\D/g, "");
  if (heardOn !== null && createNumberFormat(heardOn).fromTrunk(heard) === sent.callerId) return "as_sent";
  if (digits === own || digits === written) return "as_sent";
  const code = own.slice(-sent.codeLength);
  if (!digits.endsWith(code)) return "replaced";
  return own.endsWith(digits) ? "prefix_lost" : "prefix_changed";
}

/** Whether a person who types the last digits of what arrived types a wrong code. */
export function codeIsWrong(arrival: Arrival): boolean {
  return arrival === "replaced" || arrival === "withheld";
}
