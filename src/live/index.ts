/** Live event streams: opens them for HTTP, and ends them. */
import type { Logger } from "pino";
import type { AppRef } from "../apps/principal.ts";
import type { EventHistory, EventStreams, StreamId, StreamOwner } from "../events/stream-port.ts";
import type { Clock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { isTerminal } from "../verification/machine.ts";
import type { Verification, Verifications } from "../verification/types.ts";
import { AppStream } from "./app-stream.ts";
import type { TypeFilter } from "./batch.ts";
import { clientView } from "./client-view.ts";
import type { Feed } from "./feed.ts";
import { type Beating, Heartbeats } from "./heartbeats.ts";
import { type StreamEnd, type StreamOutput, StreamWriter } from "./output.ts";
import { createReader } from "./reader.ts";
import { type StreamLimits, StreamSlots } from "./slots.ts";
import { VerificationStream } from "./verification-stream.ts";

/** Clients of a gateway that stops come back over this time, not all at once. */
const retryMs = { least: 1000, spread: 2000 };
/** For clients that do not read the rest when the gateway stops. */
const closeGraceMs = 1000;

/** A stream that may be opened; its place is taken. Call exactly one of the two. */
export interface OpenStream {
  /** @param onEnd called once */
  begin(output: StreamOutput, onEnd: (why: StreamEnd) => void): void;
  abandon(): void;
}

/** A browser or phone: sees less (client-view.ts), and has few streams. */
export interface StreamClient {
  /** @throws {Refusal} where it may not read the verification any more */
  judge(verification: Verification): void;
}

export interface LiveStreams {
  /**
   * The events of an app, or of the operator (null).
   * @param after id of the client's last event; null: what comes from now on
   * @throws {Refusal} `rate_limited`, `capacity`, `store_unavailable`
   */
  openEvents(owner: StreamOwner, after: StreamId | null, types: TypeFilter): Promise<OpenStream>;
  /**
   * The events of one verification.
   * @param after `seq` of the client's last event; 0: none
   * @param client null: the app's backend
   * @returns null where it has ended and the client has all its events
   * @throws {Refusal} the same, and `verification_not_found`
   */
  openVerification(app: AppRef, id: string, after: number, client?: StreamClient | null): Promise<OpenStream | null>;
  /** How many are open. */
  readonly open: number;
  /** Ends all streams, and opens no more. Resolves when their clients are gone, within a second. */
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly streams: EventStreams;
  readonly history: EventHistory;
  readonly verifications: Pick<Verifications, "get">;
  readonly limits: StreamLimits;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Stream extends Beating {
  leave(): void;
}

export function createLiveStreams(options: LiveOptions): LiveStreams {
  const { streams, history, verifications, limits, clock, random, logger } = options;
  const reader = createReader({ streams, clock, random, logger });
  const heartbeats = new Heartbeats(clock);
  const slots = new StreamSlots(limits);
  const writers = new Set<StreamWriter>();
  let closing = false;

  /** Takes a place and the feed; gives both back where `use` fails or has no stream to open. */
  async function prepare<T>(
    owner: StreamOwner,
    use: (feed: Feed, giveBack: () => void) => Promise<T | null>,
    client: string | null = null,
  ): Promise<T | null> {
    const free = slots.take(owner, client);
    let feed: Feed | null = null;
    const giveBack = () => {
      free();
      if (feed !== null) reader.release(feed);
      feed = null;
    };
    try {
      feed = await reader.acquire(owner);
      const opened = await use(feed, giveBack);
      if (opened === null) giveBack();
      return opened;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  function writerFor(output: StreamOutput, stream: Stream, giveBack: () => void, onEnd: (why: StreamEnd) => void) {
    let stopBeat = () => {};
    const writer = new StreamWriter(output, (why) => {
      stopBeat();
      writers.delete(writer);
      stream.leave();
      giveBack();
      onEnd(why);
    });
    writers.add(writer);
    stopBeat = heartbeats.add(stream);
    if (closing) writer.end("stopping");
    return writer;
  }

  const nextRetryMs = () => retryMs.least + random.below(retryMs.spread);

  return {
    async openEvents(owner, after, types) {
      const opened = await prepare<OpenStream>(owner, async (feed, giveBack) => {
        return {
          begin(output, onEnd) {
            const stream = new AppStream({ feed, streams, after, types, retryMs: nextRetryMs() });
            const writer = writerFor(output, stream, giveBack, onEnd);
            stream.begin(writer).catch((error) => {
              logger.debug({ err: error }, "event stream ended: its events could not be read");
              writer.end("failed");
            });
          },
          abandon: giveBack,
        };
      });
      if (opened === null) throw new Error("an app's stream is always opened");
      return opened;
    },

    openVerification(app, id, after, client = null) {
      const open = async (feed: Feed, giveBack: () => void): Promise<OpenStream | null> => {
        const found = await verifications.get(app, id, true);
        client?.judge(found);
        const stream = new VerificationStream({
          ...{ feed, app: app.name, verification: id, history, after, retryMs: nextRetryMs() },
          ...{ needsPerson: found.workflow !== null, view: client === null ? null : clientView },
          notePerson: async () => !isTerminal((await verifications.get(app, id, true)).status),
        });
        const leave = () => {
          stream.leave();
          giveBack();
        };
        let begin: Awaited<ReturnType<typeof stream.open>>;
        try {
          begin = await stream.open();
        } catch (error) {
          stream.leave();
          throw error;
        }
        if (begin === null) {
          stream.leave();
          return null;
        }
        return {
          begin: (output, onEnd) => begin(writerFor(output, stream, giveBack, onEnd)),
          abandon: leave,
        };
      };
      return prepare(app.name, open, client === null ? null : id);
    },

    get open() {
      return slots.open;
    },

    async close() {
      closing = true;
      reader.stop();
      const ended = [...writers];
      for (const writer of ended) writer.end("stopping");
      let stopWaiting = () => {};
      const grace = new Promise<void>((resolve) => {
        stopWaiting = clock.after(closeGraceMs, resolve);
      });
      await Promise.race([Promise.all(ended.map((writer) => writer.closed())), grace]);
      stopWaiting();
      for (const writer of ended) writer.destroy("stopping");
    },
  };
}
