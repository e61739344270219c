/** The audio of answered calls: what the phones hear, and the keys that are pressed. One UDP port carries all of it. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import type { SocketAddress } from "../../sip/transport/port.ts";
import { toLinear } from "./g711.ts";
import { Keypad } from "./keypad.ts";
import { Recording } from "./recording.ts";
import { parseRtp, type RtpPacket } from "./rtp.ts";
import type { RemoteAudio } from "./sdp.ts";

/** Recordings that are kept, those of the newest calls: 1 MB each at most. */
const MAX_RECORDINGS = 8;
/** Listeners of one call; more are refused. */
const MAX_LISTENERS = 8;

/** Gets linear samples (16 bits, little endian, 8 kHz) as they arrive; null at the end. */
export type Listener = (samples: Buffer | null) => void;

/** One call's audio. */
export class CallAudio {
  readonly remote: RemoteAudio;
  readonly recording: Recording;
  readonly #keypad: Keypad | null;
  readonly #listeners = new Set<Listener>();
  readonly #onClose: () => void;
  #isOpen = true;

  constructor(remote: RemoteAudio, keypad: Keypad | null, onClose: () => void) {
    this.remote = remote;
    this.recording = new Recording(remote.law);
    this.#keypad = keypad;
    this.#onClose = onClose;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Takes a packet off the wire. */
  receive(packet: RtpPacket): void {
    if (packet.payloadType !== (this.remote.law === "a" ? 8 : 0) || !this.recording.add(packet)) return;
    if (this.#listeners.size === 0) return;
    const samples = toLinear(packet.payload, this.remote.law);
    for (const listener of this.#listeners) listener(samples);
  }

  /** Presses keys of the telephone. @returns false where the other side takes none, or too many wait */
  press(digits: string): boolean {
    return this.#isOpen && (this.#keypad?.press(digits) ?? false);
  }

  /** Listens from now on. @returns unsubscribes; null where the call is over or has too many listeners */
  listen(listener: Listener): (() => void) | null {
    if (!this.#isOpen || this.#listeners.size >= MAX_LISTENERS) return null;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The call is over. What was recorded stays. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#keypad?.stop();
    for (const listener of [...this.#listeners]) listener(null);
    this.#listeners.clear();
    this.#onClose();
  }
}

export interface AudioOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transmit: (datagram: Buffer, to: SocketAddress) => void;
}

/** The audio of all calls. */
export class Audio {
  readonly #options: AudioOptions;
  /** Calls that are up, by the address that their packets come from: Asterisk has a port for each. */
  readonly #open = new Map<string, CallAudio>();
  readonly #recorded: CallAudio[] = [];

  constructor(options: AudioOptions) {
    this.#options = options;
  }

  /** A call was answered. */
  open(remote: RemoteAudio): CallAudio {
    const { clock, random, transmit } = this.#options;
    const key = keyOf(remote);
    // A call whose BYE was lost had this port before.
    this.#open.get(key)?.close();
    const send = (datagram: Buffer) => transmit(datagram, remote);
    const keypad = remote.events === null ? null : new Keypad({ clock, random, payloadType: remote.events, send });
    const audio = new CallAudio(remote, keypad, () => this.#open.delete(key));
    this.#open.set(key, audio);
    this.#recorded.push(audio);
    if (this.#recorded.length > MAX_RECORDINGS) this.#recorded.shift()?.recording.forget();
    return audio;
  }

  /** Takes one datagram off the wire; never throws, whatever it holds. */
  receive(datagram: Buffer, source: SocketAddress): void {
    const audio = this.#open.get(keyOf(source));
    const packet = audio && parseRtp(datagram);
    if (packet) audio.receive(packet);
  }
}

const keyOf = ({ address, port }: SocketAddress) => `${address}:${port}`;
