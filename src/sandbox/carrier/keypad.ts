/** Keys that are pressed during a call, as telephone events over RTP (RFC 4733 section 2.5). */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { SAMPLES_PER_MS } from "./g711.ts";
import { telephoneEvent, writeRtp } from "./rtp.ts";

const PACKET_MS = 20;
/** How long a key is down, and the least time between two: what ITU-T Q.24 asks a receiver to take, with room. */
const KEY_MS = 100;
const PAUSE_MS = 80;
/** The last packet is sent three times, because nothing repeats it. */
const END_PACKETS = 3;
/** Keys that wait; more are refused. */
const MAX_KEYS = 32;

export interface KeypadOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly payloadType: number;
  readonly send: (datagram: Buffer) => void;
}

export class Keypad {
  readonly #options: KeypadOptions;
  readonly #ssrc: number;
  readonly #startMs: number;
  #sequence: number;
  #waiting = "";
  #stopTimer: (() => void) | null = null;

  constructor(options: KeypadOptions) {
    this.#options = options;
    this.#ssrc = options.random.below(2 ** 32);
    this.#sequence = options.random.below(2 ** 15);
    this.#startMs = options.clock.nowMs();
  }

  /** Presses keys one after the other. @returns false, and presses none, where too many wait already */
  press(digits: string): boolean {
    if (this.#waiting.length + digits.length > MAX_KEYS) return false;
    this.#waiting += digits;
    if (this.#stopTimer === null) this.#next();
    return true;
  }

  /** Presses nothing more. */
  stop(): void {
    this.#stopTimer?.();
    this.#waiting = "";
  }

  #next(): void {
    const [key] = this.#waiting;
    this.#stopTimer = null;
    if (key === undefined) return;
    this.#waiting = this.#waiting.slice(1);
    // All packets of an event have the time when it began.
    const timestamp = (this.#options.clock.nowMs() - this.#startMs) * SAMPLES_PER_MS;
    this.#down(key, timestamp, PACKET_MS);
  }

  #down(key: string, timestamp: number, heldMs: number): void {
    const isUp = heldMs > KEY_MS;
    const payload = telephoneEvent(key, Math.min(heldMs, KEY_MS) * SAMPLES_PER_MS, isUp);
    this.#send(payload, timestamp, heldMs === PACKET_MS);
    const isLast = heldMs >= KEY_MS + END_PACKETS * PACKET_MS;
    this.#stopTimer = isLast
      ? this.#options.clock.after(PAUSE_MS, () => this.#next())
      : this.#options.clock.after(PACKET_MS, () => this.#down(key, timestamp, heldMs + PACKET_MS));
  }

  #send(payload: Buffer, timestamp: number, marker: boolean): void {
    const { payloadType, send } = this.#options;
    this.#sequence += 1;
    send(writeRtp({ payloadType, sequence: this.#sequence, timestamp, ssrc: this.#ssrc, payload }, marker));
  }
}
