/** WAV files of 16-bit mono samples, as espeak-ng writes them and Asterisk's format_wav reads them. */

export interface Audio {
  /** Samples a second. */
  readonly rate: number;
  readonly samples: Int16Array;
}

/** What Asterisk plays without conversion of the rate. */
export const telephoneRate = 8000;

const pcm = 1;
const headerBytes = 44;

/** @throws {Error} where it is not 16-bit mono PCM */
export function readWav(file: Buffer): Audio {
  if (file.toString("latin1", 0, 4) !== "RIFF" || file.toString("latin1", 8, 12) !== "WAVE")
    throw notWav("no RIFF header");
  let rate = 0;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString("latin1", at, at + 4);
    const start = at + 8;
    // A program that writes to a pipe does not know the length: the data goes on to the end then.
    const end = Math.min(start + file.readUInt32LE(at + 4), file.length);
    if (name === "fmt ") {
      const [format, channels, bits] = [
        file.readUInt16LE(start),
        file.readUInt16LE(start + 2),
        file.readUInt16LE(start + 14),
      ];
      if (format !== pcm || channels !== 1 || bits !== 16) throw notWav("not 16-bit mono PCM");
      rate = file.readUInt32LE(start + 4);
    } else if (name === "data") {
      if (rate === 0) throw notWav("no format before the data");
      const count = Math.floor((end - start) / 2);
      return { rate, samples: Int16Array.from({ length: count }, (_, i) => file.readInt16LE(start + 2 * i)) };
    }
    // Chunks begin at even places.
    at = end + (end % 2);
  }
  throw notWav("no data");
}

export function writeWav({ rate, samples }: Audio): Buffer {
  const bytes = samples.length * 2;
  const file = Buffer.alloc(headerBytes + bytes);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(headerBytes - 8 + bytes, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(pcm, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(rate, 24);
  file.writeUInt32LE(rate * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(bytes, 40);
  for (const [i, sample] of samples.entries()) file.writeInt16LE(sample, headerBytes + 2 * i);
  return file;
}

function notWav(why: string): Error {
  return new Error(`not a WAV file that can be used: ${why}`);
}
