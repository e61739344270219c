/**
 * Writes commands as Redis reads them (RESP arrays of blob strings), one after another into the same memory. Texts are short
 * and ASCII but for a few: a loop over their characters takes half of what joining strings and converting them takes.
 */

export interface CommandBytes {
  /** The head of a command. @param words how many follow */
  begin(words: number): void;
  word(text: string | number): void;
  /** Words of `encodedWords`. */
  encoded(words: Buffer): void;
  /** What was written since the last time; it is not written over. */
  take(): Buffer;
}

/** Some thirty calls of scripts; each piece lives until its last bytes were sent. */
const pieceBytes = 65_536;
/** Longer ones are left to the platform. */
const shortChars = 96;
/** `*`, `$`, a number, and two line breaks. */
const frameBytes = 32;
/** UTF-8 has at most so many bytes for a UTF-16 unit. */
const bytesPerChar = 3;
const [star, dollar, zero, cr, lf, firstBeyondAscii] = [42, 36, 48, 13, 10, 128];

export function createCommandBytes(): CommandBytes {
  let bytes = Buffer.allocUnsafeSlow(pieceBytes);
  /** Where what was not taken yet begins. */
  let from = 0;
  let at = 0;

  function makeRoom(wanted: number): void {
    if (at + wanted <= bytes.length) return;
    const unsent = at - from;
    const larger = Buffer.allocUnsafeSlow(Math.max(pieceBytes, 2 * (unsent + wanted)));
    bytes.copy(larger, 0, from, at);
    [bytes, from, at] = [larger, 0, unsent];
  }

  /** A line of a type and a number from 0. */
  function line(type: number, value: number): void {
    bytes[at++] = type;
    if (value < 10) bytes[at++] = zero + value;
    else if (value < 100) {
      const tens = (value / 10) | 0;
      bytes[at++] = zero + tens;
      bytes[at++] = zero + value - 10 * tens;
    } else at += bytes.write(String(value), at, "latin1");
    bytes[at++] = cr;
    bytes[at++] = lf;
  }

  /** @returns false where it is not ASCII: then nothing was written */
  function asciiWord(text: string): boolean {
    const { length } = text;
    const start = at;
    line(dollar, length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= firstBeyondAscii) {
        at = start;
        return false;
      }
      bytes[at++] = code;
    }
    bytes[at++] = cr;
    bytes[at++] = lf;
    return true;
  }

  return {
    begin(words) {
      makeRoom(frameBytes);
      line(star, words);
    },
    word(value) {
      const text = typeof value === "string" ? value : String(value);
      makeRoom(text.length * bytesPerChar + frameBytes);
      if (text.length <= shortChars && asciiWord(text)) return;
      line(dollar, Buffer.byteLength(text));
      at += bytes.write(text, at);
      bytes[at++] = cr;
      bytes[at++] = lf;
    },
    encoded(words) {
      makeRoom(words.length);
      bytes.set(words, at);
      at += words.length;
    },
    take() {
      const taken = bytes.subarray(from, at);
      from = at;
      return taken;
    },
  };
}

/** Words that many commands begin with, written once. */
export function encodedWords(...words: readonly string[]): Buffer {
  return Buffer.from(words.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`).join(""));
}
