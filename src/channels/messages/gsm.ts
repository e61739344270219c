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

/** Character → its septets, one or two. */
const septetsOf = new Map<string, readonly number[]>([
  ...[...defaultAlphabet].map((character, code) => [character, [code]] as const),
  ...Object.entries(extension).map(([character, code]) => [character, [escapeCode, code]] as const),
]);
septetsOf.delete("\u001b");

const extended = new Map(Object.entries(extension).map(([character, code]) => [code, character]));

export type SmsEncoding = "gsm7" | "ucs2";

/** Texts of one septet a character, as nearly all are. */
const onlyDefault = /^[\n\r !"#%&'()*+,\-./0-9:;<=>?A-Z_a-z@£$¥èéùìòÇØøÅåÆæßÉÄÖÑÜäöñüà]*$/;

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
  return [...new Set(text)].filter((character) => !septetsOf.has(character));
}

/**
 * Splits a text into the segments in which it is sent. No segment ends within an escape sequence or a surrogate pair: a
 * receiver that shows segments one by one would show it as garbage.
 */
export function splitSms(text: string): SmsParts {
  if (text.length <= capacity.gsm7.alone && onlyDefault.test(text)) {
    return { encoding: "gsm7", length: text.length, parts: [text] };
  }
  const encoding = notInGsm7(text).length === 0 ? "gsm7" : "ucs2";
  const unitsOf = (character: string) =>
    encoding === "gsm7" ? (septetsOf.get(character)?.length ?? 1) : character.length;
  const characters = [...text];
  const length = characters.reduce((sum, character) => sum + unitsOf(character), 0);
  const { alone, segment } = capacity[encoding];
  if (length <= alone) return { encoding, length, parts: [text] };
  const parts: string[] = [];
  let part = "";
  let used = 0;
  for (const character of characters) {
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
  return Buffer.from(
    [...text].flatMap((character) => {
      const septets = septetsOf.get(character);
      if (septets === undefined) throw new RangeError("the text has a character that is not in GSM 7-bit");
      return septets;
    }),
  );
}

/** Reads what `encodeGsm7` wrote. An unknown escape sequence is read as the character of its second septet (6.2.1.1). */
export function decodeGsm7(septets: Uint8Array): string {
  let text = "";
  let escaped = false;
  for (const code of septets) {
    if (code === escapeCode && !escaped) {
      escaped = true;
      continue;
    }
    text += (escaped ? extended.get(code) : undefined) ?? defaultAlphabet[code & 0x7f] ?? "";
    escaped = false;
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
