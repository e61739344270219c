/** What the phone heard of a call, with the pauses between the packets. */
import { type Law, SAMPLES_PER_MS, silence, toLinear } from "./g711.ts";
import type { RtpPacket } from "./rtp.ts";

/** Longer than any call that reads a code out; later audio is not kept. */
const MAX_SAMPLES = 120_000 * SAMPLES_PER_MS;
/** A longer pause is kept as one of this length. */
const MAX_PAUSE_SAMPLES = 10_000 * SAMPLES_PER_MS;

export class Recording {
  readonly #law: Law;
  #parts: Buffer[] = [];
  #length = 0;
  /** Timestamp that follows the newest packet, and its source. */
  #next: { readonly timestamp: number; readonly ssrc: number } | null = null;

  constructor(law: Law) {
    this.#law = law;
  }

  /** Adds a packet of audio. @returns false where it came too late: a newer one is there */
  add({ timestamp, ssrc, payload }: RtpPacket): boolean {
    // Modulo 2^32; the upper half is the past.
    const pause = this.#next?.ssrc === ssrc ? (timestamp - this.#next.timestamp) >>> 0 : 0;
    if (pause >= 2 ** 31) return false;
    if (pause > 0) this.#append(Buffer.alloc(Math.min(pause, MAX_PAUSE_SAMPLES), silence[this.#law]));
    this.#append(payload);
    this.#next = { timestamp: (timestamp + payload.length) >>> 0, ssrc };
    return true;
  }

  /** Linear samples so far, 16 bits, little endian, 8 kHz. */
  linear(): Buffer {
    return toLinear(Buffer.concat(this.#parts), this.#law);
  }

  /** Drops what was kept, and keeps nothing more. */
  forget(): void {
    this.#parts = [];
    this.#length = MAX_SAMPLES;
  }

  #append(samples: Buffer): void {
    const kept = samples.subarray(0, MAX_SAMPLES - this.#length);
    if (kept.length === 0) return;
    // A copy: the datagram's memory belongs to a larger pool.
    this.#parts.push(Buffer.from(kept));
    this.#length += kept.length;
  }
}
