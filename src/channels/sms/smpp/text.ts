/** A text as the octets of SMPP messages: alphabet, data_coding and parts. */
import { encodeGsm7, encodeUcs2, gsm7Length } from "../../messages/gsm.ts";

/** How parts of a long message are joined: by a user data header (3GPP TS 23.040, 9.2.3.24.1 and .8) or by the SMSC. */
export const concatenations = ["udh_8bit", "udh_16bit", "sar", "message_payload"] as const;
export type Concatenation = (typeof concatenations)[number];

/** What the SMSC reads where data_coding is `default_data_coding`. */
export const alphabets = ["gsm7", "latin1"] as const;
export type Alphabet = (typeof alphabets)[number];

export interface TextSettings {
  readonly alphabet: Alphabet;
  readonly defaultDataCoding: number;
  readonly concatenation: Concatenation;
}

export interface EncodedText {
  readonly dataCoding: number;
  /** Octets of each part, without a header. */
  readonly parts: readonly Buffer[];
  /** Messages that the phone's network carries; more than `parts` where the SMSC divides. */
  readonly segments: number;
}

/** data_coding of UCS-2 (SMPP v3.4 §5.2.19). */
const ucs2DataCoding = 8;

/**
 * Septets or UTF-16 units of a message that is alone, and of a part beside a header of 6 octets, or of 7 with a 16-bit
 * reference (140 octets of user data, TS 23.040, 9.2.3.16).
 */
const capacity = {
  gsm7: { alone: 160, withHeader: 153, withLongHeader: 152 },
  ucs2: { alone: 70, withHeader: 67, withLongHeader: 66 },
} as const;

export function encodeText(text: string, settings: TextSettings): EncodedText {
  const { alphabet, defaultDataCoding, concatenation } = settings;
  const septets = gsm7Length(text);
  const isDefault = septets !== null && (alphabet === "gsm7" || isLatin1(text));
  const { alone, withHeader, withLongHeader } = capacity[isDefault ? "gsm7" : "ucs2"];
  const isAlone = (isDefault ? septets : text.length) <= alone;
  const ofPart = concatenation === "udh_16bit" ? withLongHeader : withHeader;
  const texts = isAlone ? [text] : split(text, isDefault, ofPart);
  const dataCoding = isDefault ? defaultDataCoding : ucs2DataCoding;
  const encode = (part: string) => {
    if (!isDefault) return encodeUcs2(part);
    return alphabet === "latin1" ? Buffer.from(part, "latin1") : encodeGsm7(part);
  };
  const whole = concatenation === "message_payload" && texts.length > 1;
  return { dataCoding, parts: whole ? [encode(text)] : texts.map(encode), segments: texts.length };
}

/** The network carries GSM 7-bit in the end, so the SMSC must be able to convert each character. */
function isLatin1(text: string): boolean {
  return Buffer.from(text, "latin1").toString("latin1") === text;
}

/** A part never ends within an escape sequence or a surrogate pair. */
function split(text: string, isGsm7: boolean, ofPart: number): readonly string[] {
  const parts: string[] = [];
  let part = "";
  let left = ofPart;
  for (const character of text) {
    const units = isGsm7 ? (gsm7Length(character) ?? 1) : character.length;
    if (units > left) {
      parts.push(part);
      part = "";
      left = ofPart;
    }
    part += character;
    left -= units;
  }
  return [...parts, part];
}
