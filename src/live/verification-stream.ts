/** The events of one verification, to one client: replayed from its record, then as they come, until it ended. */
import type { PublicEvent } from "../events/envelope.ts";
import type { EventHistory } from "../events/stream-port.ts";
import type { Feed, VerificationClient } from "./feed.ts";
import { frame, heartbeat, opening } from "./frames.ts";
import type { StreamWriter } from "./output.ts";

export interface VerificationStreamOptions {
  readonly feed: Feed;
  readonly app: string;
  readonly verification: string;
  readonly history: EventHistory;
  /** The `seq` of the client's last event; 0: none. */
  readonly after: number;
  readonly retryMs: number;
  /** Notes a sign of a person. @returns whether another one is needed later */
  readonly notePerson: () => Promise<boolean>;
  /** Whether a step of the workflow depends on such signs. */
  readonly needsPerson: boolean;
  /** What the client sees of an event, null: nothing; without it all. */
  readonly view: ((event: PublicEvent) => PublicEvent | null) | null;
}

export class VerificationStream implements VerificationClient {
  readonly #options: VerificationStreamOptions;
  #writer: StreamWriter | null = null;
  /** `seq` of the last event that was written. */
  #seq: number;
  /** Of the newest event that the feed has shown. */
  #newest = 0;
  #reading = false;
  /** A read failed, or events were missed: the next heartbeat reads again. */
  #behind = false;
  #needsPerson: boolean;

  /** Adds itself to the feed: an event is either in the history that is read from now on, or comes by the feed. */
  constructor(options: VerificationStreamOptions) {
    this.#options = options;
    this.#seq = options.after;
    this.#needsPerson = options.needsPerson;
    options.feed.joinVerification(options.verification, this);
  }

  /**
   * Reads the events so far, before anything is written.
   * @returns writes them and goes on; null where the client has all events of a verification that ended
   * @throws {Refusal} `verification_not_found`, `store_unavailable`
   */
  async open(): Promise<((writer: StreamWriter) => void) | null> {
    const { app, verification, history, after, retryMs } = this.#options;
    const { events } = await history.read(app, verification);
    // A Redis that lost its newest writes counts on from an earlier event.
    this.#seq = Math.min(after, events.at(-1)?.seq ?? 0);
    const end = events.find(({ type }) => type === "verification.ended");
    if (end && (end.seq ?? 0) <= this.#seq) return null;
    return (writer) => {
      this.#writer = writer;
      writer.write(opening(retryMs, null));
      this.#writeAll(events);
      if (this.#newest > this.#seq) void this.#catchUp();
    };
  }

  take(event: PublicEvent): void {
    const seq = event.seq ?? 0;
    this.#newest = Math.max(this.#newest, seq);
    if (this.#writer === null || this.#reading || seq <= this.#seq) return;
    if (seq === this.#seq + 1) this.#write(event);
    else void this.#catchUp();
  }

  missed(): void {
    void this.#catchUp();
  }

  beat(): void {
    const writer = this.#writer;
    if (writer === null) return;
    if (writer.isIdle) writer.write(heartbeat(null));
    if (this.#behind) void this.#catchUp();
    if (this.#needsPerson) void this.#notePerson();
  }

  leave(): void {
    const { feed, verification } = this.#options;
    feed.leaveVerification(verification, this);
  }

  async #catchUp(): Promise<void> {
    if (this.#reading || this.#writer === null || this.#writer.ended) return;
    const { app, verification, history } = this.#options;
    this.#reading = true;
    this.#behind = false;
    try {
      // Once more where an event came during the read; then the heartbeat does.
      for (let reads = 0; reads < 2 && (reads === 0 || this.#newest > this.#seq); reads++) {
        this.#writeAll((await history.read(app, verification)).events);
      }
      this.#behind = this.#newest > this.#seq;
    } catch {
      this.#behind = true;
    } finally {
      this.#reading = false;
    }
  }

  async #notePerson(): Promise<void> {
    try {
      this.#needsPerson = await this.#options.notePerson();
    } catch {
      // The next heartbeat tries again.
    }
  }

  #writeAll(events: readonly PublicEvent[]): void {
    for (const event of events) if ((event.seq ?? 0) > this.#seq) this.#write(event);
  }

  #write(event: PublicEvent): void {
    const { seq, type } = event;
    if (this.#writer === null || this.#writer.ended || seq === null) return;
    this.#seq = seq;
    const { view } = this.#options;
    const shown = view === null ? event : view(event);
    if (shown !== null) this.#writer.write(frame(String(seq), type, JSON.stringify(shown)));
    // What may still come, such as the evidence of a call that rings on, is in the app's stream.
    if (type === "verification.ended") this.#writer.end("verification_ended");
  }
}
