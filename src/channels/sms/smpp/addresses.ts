/** Type of number and numbering plan of SMPP addresses (SMPP v3.4 §5.2.5, §5.2.6). */

export interface Address {
  readonly ton: number;
  readonly npi: number;
  readonly address: string;
}

/** TON and NPI by kind: international 1/1 (E.164), alphanumeric 5/0, short codes 3/0 (network specific). */
const kinds = {
  international: { ton: 1, npi: 1 },
  alphanumeric: { ton: 5, npi: 0 },
  short_code: { ton: 3, npi: 0 },
} as const;

/** What a sender may look like in the configuration. */
export const senderPattern = "^(\\+[1-9]\\d{6,14}|\\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ._&-]{1,11})$";
export const senderInWords =
  "a number in E.164 with the plus sign, a short code of 3 to 8 digits, or a name of 1 to 11 letters, digits, spaces and . _ & - with at least one letter";

/** @param to E.164 with the plus sign, which SMPP does not carry */
export function destinationOf(to: string): Address {
  return { ...kinds.international, address: to.replace(/^\+/, "") };
}

/** @param sender as `senderPattern`; null: the SMSC's default (§5.2.8: NULL where it is not known) */
export function sourceOf(sender: string | null): Address {
  if (sender === null) return { ton: 0, npi: 0, address: "" };
  if (sender.startsWith("+")) return { ...kinds.international, address: sender.slice(1) };
  return { ...(/^\d+$/.test(sender) ? kinds.short_code : kinds.alphanumeric), address: sender };
}
