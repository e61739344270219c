/** G.711 (ITU-T G.711): 8-bit samples at 8 kHz to 16-bit linear ones. */

export type Law = "a" | "mu";

export const SAMPLES_PER_MS = 8;

/** The byte that is silence. */
export const silence: Readonly<Record<Law, number>> = { a: 0xd5, mu: 0xff };

const tables: Readonly<Record<Law, Int16Array>> = {
  a: Int16Array.from({ length: 256 }, (_, byte) => decodeA(byte)),
  mu: Int16Array.from({ length: 256 }, (_, byte) => decodeMu(byte)),
};

/** 16-bit linear samples, little endian. */
export function toLinear(samples: Buffer, law: Law): Buffer {
  const table = tables[law];
  const linear = Buffer.allocUnsafe(samples.length * 2);
  for (const [index, byte] of samples.entries()) linear.writeInt16LE(table[byte] ?? 0, index * 2);
  return linear;
}

function decodeA(byte: number): number {
  // Even bits are sent inverted.
  const value = byte ^ 0x55;
  const segment = (value & 0x70) >> 4;
  const step = (value & 0x0f) << 4;
  const magnitude = segment === 0 ? step + 8 : (step + 0x108) << (segment - 1);
  return value & 0x80 ? magnitude : -magnitude;
}

function decodeMu(byte: number): number {
  const value = ~byte & 0xff;
  const magnitude = ((((value & 0x0f) << 3) + 0x84) << ((value & 0x70) >> 4)) - 0x84;
  return value & 0x80 ? -magnitude : magnitude;
}
