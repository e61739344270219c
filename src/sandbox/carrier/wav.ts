/** WAV files (RIFF): linear samples, 16 bits, 8 kHz, one channel. */

const RATE = 8000;
/** The length field of what is still being written: as long as can be said. */
const UNKNOWN = 0xffff_ffff;

/** The header. @param bytes of samples that follow; null: not known yet */
export function wavHeader(bytes: number | null): Buffer {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(bytes === null ? UNKNOWN : bytes + 36, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(bytes ?? UNKNOWN, 40);
  return header;
}
