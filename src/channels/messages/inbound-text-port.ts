/** The port from message channels to what reads texts that people send to our senders. No text and no number reaches a log. */

export interface InboundText {
  /** The channel that it came by. */
  readonly channel: string;
  /** Its sender's number: E.164 with the plus sign. */
  readonly from: string;
  /** Our sender that it was sent to, as the configuration writes it; null: not known. */
  readonly to: string | null;
  /** Its first characters. */
  readonly text: string;
}

/** Never rejects. @returns false: it was not dealt with, the carrier shall send it again */
export type InboundTextReceiver = (text: InboundText) => Promise<boolean>;

/** Longer ones are cut: what is read in them is a word. */
export const maxTextLength = 500;

/** A number as carriers write it, in E.164; null: it is none (a short code, a name). */
export function senderNumber(text: string): string | null {
  const digits = text.replace(/^\+|^00/, "");
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : null;
}
