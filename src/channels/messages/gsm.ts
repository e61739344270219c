/**
 * How an SMS is written: the GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1) where it has all
 * characters, else UCS-2, and how many segments that makes (TS 23.040, 9.2.3.24: a concatenated segment gives up 6 octets
 * for its header). National language shift tables are not used: handsets and carriers differ in them.
 */

/** By code, 0x00 to 0x7F; 0x1B is the escape to the extension table. */
const defaultAlphabet =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const escapeCode = 0x1b;
const extension: Readonly<Record<string, number>> = {
  "\f": 0x0a,
  "^": 0x14,
  "{": 0x28,
  "}": 0x29,
  "\\": 0x2f,
  "[": 0x3c,
  "~": 0x3d,
  "]": 0x3e,
  "|": 0x40,
  "€": 0x65,
};

/** By UTF-16 unit, up to the highest one that there is: its septet, with `escaped` after an escape; -1: none. */
const septetOf = new Int16Array("€".charCodeAt(0) + 1).fill(-1);
const escaped = 0x100;
for (const [code, character] of [...defaultAlphabet].entries()) septetOf[character.charCodeAt(0)] = code;
for (const [character, code] of Object.entries(extension)) septetOf[character.charCodeAt(0)] = escaped | code;
septetOf[escapeCode] = -1;

/** Of a UTF-16 unit, as in the table. */
const lookUp = (text: string, at: number) => septetOf[text.charCodeAt(at)] ?? -1;

const extended = new Map(Object.entries(extension).map(([character, code]) => [code, character]));

export type SmsEncoding = "gsm7" | "ucs2";

/** Septets of GSM 7-bit, UTF-16 units of UCS-2: of a message that is alone, and of each segment where there are several. */
const capacity = {
  gsm7: { alone: 160, segment: 153 },
  ucs2: { alone: 70, segment: 67 },
} as const;

export interface SmsParts {
  readonly encoding: SmsEncoding;
  /** In the encoding's units: septets or UTF-16 units. */
  readonly length: number;
  /** The text of each segment, at least one. */
  readonly parts: readonly string[];
}

/** The characters that are neither in the GSM 7-bit default alphabet nor in its extension table, each once. */
export function notInGsm7(text: string): readonly string[] {
  if (gsm7Length(text) !== null) return [];
  return [...new Set(text)].filter((character) => character.length > 1 || lookUp(character, 0) < 0);
}

/** Septets of a text in GSM 7-bit; null where it has a character that is not in it. */
export function gsm7Length(text: string): number | null {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const septet = lookUp(text, i);
    if (septet < 0) return null;
    if (septet >= escaped) length++;
  }
  return length;
}

/**
 * Splits a text into the segments in which it is sent. No segment ends within an escape sequence or a surrogate pair: a
 * receiver that shows segments one by one would show it as garbage.
 */
export function splitSms(text: string): SmsParts {
  const septets = gsm7Length(text);
  const encoding = septets === null ? "ucs2" : "gsm7";
  const length = septets ?? text.length;
  const unitsOf = (character: string) => (septets === null ? character.length : (gsm7Length(character) ?? 1));
  const { alone, segment } = capacity[encoding];
  if (length <= alone) return { encoding, length, parts: [text] };
  const parts: string[] = [];
  let part = "";
  let used = 0;
  for (const character of text) {
    const units = unitsOf(character);
    if (used + units > segment) {
      parts.push(part);
      part = "";
      used = 0;
    }
    part += character;
    used += units;
  }
  return { encoding, length, parts: [...parts, part] };
}

/**
 * The septets of a text, one in each byte, as SMPP's data_coding 0 has them.
 * @throws {RangeError} where a character is not in GSM 7-bit
 */
export function encodeGsm7(text: string): Buffer {
  const length = gsm7Length(text);
  if (length === null) throw new RangeError("the text has a character that is not in GSM 7-bit");
  const octets = Buffer.allocUnsafe(length);
  for (let i = 0, at = 0; i < text.length; i++) {
    const septet = lookUp(text, i);
    if (septet >= escaped) octets[at++] = escapeCode;
    octets[at++] = septet & 0x7f;
  }
  return octets;
}

/** Reads what `encodeGsm7` wrote. An unknown escape sequence is read as the character of its second septet (6.2.1.1). */
export function decodeGsm7(septets: Uint8Array): string {
  let text = "";
  let isEscaped = false;
  for (const code of septets) {
    if (code === escapeCode && !isEscaped) {
      isEscaped = true;
      continue;
    }
    text += (isEscaped ? extended.get(code) : undefined) ?? defaultAlphabet[code & 0x7f] ?? "";
    isEscaped = false;
  }
  return text;
}

/** UTF-16 in network byte order: what handsets take as UCS-2. */
export function encodeUcs2(text: string): Buffer {
  return Buffer.from(text, "utf16le").swap16();
}

/** Reads what `encodeUcs2` wrote. A byte that is left over is ignored. */
export function decodeUcs2(bytes: Uint8Array): string {
  const even = Buffer.from(bytes.subarray(0, bytes.length - (bytes.length % 2)));
  return even.swap16().toString("utf16le");
}
