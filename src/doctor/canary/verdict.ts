/** Judges a test call's caller ID as it arrived. */
import { createNumberFormat, type NumberFormatConfig } from "../../telephony/trunks/number-format.ts";

/** `prefix_changed`: other digits in front, but the code is still right; `prefix_lost`: digits are missing in front. */
export type Arrival = "as_sent" | "prefix_lost" | "prefix_changed" | "replaced" | "withheld";

export interface Sent {
  /** E.164 with the plus sign. */
  readonly callerId: string;
  /** How many of its last digits are the code. */
  readonly codeLength: number;
  /** The trunk that it was sent on. */
  readonly trunk: NumberFormatConfig;
}

/** The values that networks send for a withheld number (RFC 3323, 3GPP TS 24.607). */
const withheldWords = /^(anonymous|restricted|unavailable|unknown|private)?$/i;

/**
 * A plus sign is not a digit, and the two trunks' number formats do not count as a change: the number that the far end
 * reads is compared.
 * @param received the caller as received; untrusted text
 * @param receivedOn the number format of the receiving trunk; null: that of the sending one
 */
export function judgeArrival(sent: Sent, received: string, receivedOn: NumberFormatConfig | null): Arrival {
  if (withheldWords.test(received.trim())) return "withheld";
  const digits = received.replace(/\D/g, "");
  const own = sent.callerId.slice(1);
  const written = createNumberFormat(sent.trunk).callerId(sent.callerId)?.replace(/\D/g, "");
  if (receivedOn !== null && createNumberFormat(receivedOn).fromTrunk(received) === sent.callerId) return "as_sent";
  if (digits === own || digits === written) return "as_sent";
  const code = own.slice(-sent.codeLength);
  if (!digits.endsWith(code)) return "replaced";
  return own.endsWith(digits) ? "prefix_lost" : "prefix_changed";
}

/** Whether a person who types the last digits of what arrived types a wrong code. */
export function codeIsWrong(arrival: Arrival): boolean {
  return arrival === "replaced" || arrival === "withheld";
}
