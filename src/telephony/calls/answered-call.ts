/** An answered call, from the moment sounds can be played to its end: runs playbacks one at a time and passes on keys. */
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import type { CallEvent, MediaControl } from "../call-control/port.ts";
import type { AnsweredCall, PlaybackEnd } from "./ports.ts";

/**
 * Where the callee hangs up, Asterisk reports the playback as failed, just before the end of the call (measured on 22.10.1);
 * it never reports it as done.
 */
const hungUpMs = 500;

export interface LiveAnsweredCallParts {
  readonly callId: string;
  readonly media: MediaControl;
  readonly clock: Clock;
  readonly logger: () => Logger;
  /** Hangs up. */
  readonly finish: () => void;
}

interface Playing {
  readonly id: string;
  stopped: boolean;
  readonly end: (how: PlaybackEnd) => void;
}

export class LiveAnsweredCall implements AnsweredCall {
  readonly #parts: LiveAnsweredCallParts;
  #playing: Playing | null = null;
  #playbacks = 0;
  #receiveKey: (key: string) => void = () => undefined;
  /** Ends the pauses in progress. */
  readonly #pauses = new Set<() => void>();
  #over = false;

  constructor(parts: LiveAnsweredCallParts) {
    this.#parts = parts;
  }

  get over(): boolean {
    return this.#over;
  }

  languagesOf(sound: string): ReadonlySet<string> {
    return this.#parts.media.languagesOf(sound);
  }

  play(sounds: readonly string[], language: string): Promise<PlaybackEnd> {
    if (this.#over) return Promise.resolve("over");
    if (this.#playing !== null) throw new Error("a playback is in progress");
    this.#playbacks += 1;
    const id = `p${this.#playbacks}`;
    return new Promise((resolve) => {
      const playing: Playing = {
        id,
        stopped: false,
        end: (how) => {
          if (this.#playing !== playing) return;
          this.#playing = null;
          resolve(how);
        },
      };
      this.#playing = playing;
      this.#parts.media.play(this.#parts.callId, { id, sounds, language }).catch(() => {
        this.#parts.logger().warn({ language }, "Asterisk does not play the sounds");
        playing.end("failed");
      });
    });
  }

  stopPlaying(): void {
    const playing = this.#playing;
    if (playing === null || playing.stopped) return;
    playing.stopped = true;
    const { media, callId, logger } = this.#parts;
    media.stopPlayback(callId, playing.id).then(
      (wasUp) => {
        // Its end may have been lost with a connection: nothing more comes of it.
        if (!wasUp) playing.end("stopped");
      },
      () => {
        logger().warn("a playback could not be stopped");
        playing.end("failed");
      },
    );
  }

  onKey(receiver: (key: string) => void): void {
    this.#receiveKey = receiver;
  }

  pause(ms: number): Promise<boolean> {
    if (this.#over) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = () => {
        stopTimer();
        this.#pauses.delete(end);
        resolve(!this.#over);
      };
      const stopTimer = this.#parts.clock.after(ms, end);
      this.#pauses.add(end);
    });
  }

  finish(): void {
    if (!this.#over) this.#parts.finish();
  }

  /** An event of this call. */
  receive(event: CallEvent): void {
    if (this.#over) return;
    if (event.type === "key") this.#receiveKey(event.key);
    else if (event.type === "played" && event.playbackId === this.#playing?.id) {
      const playing = this.#playing;
      if (playing.stopped || event.complete) playing.end(playing.stopped ? "stopped" : "complete");
      else void this.pause(hungUpMs).then((isUp) => playing.end(isUp ? "failed" : "over"));
    }
  }

  /** The call is over. */
  close(): void {
    if (this.#over) return;
    this.#over = true;
    this.#receiveKey = () => undefined;
    this.#playing?.end("over");
    for (const end of [...this.#pauses]) end();
  }
}
