/** What all flows of one stack share. */
import type { ParsedMessage } from "../message.ts";
import { defaultLimits, type TransportLimits, type TransportOptions } from "./options.ts";
import type { Flow, MessageObserver, TransportCounters } from "./port.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Something whose writes of one turn of the event loop are joined. */
export interface Flushable {
  flush(): void;
}

export interface FlowContext {
  readonly limits: TransportLimits;
  readonly counters: Mutable<TransportCounters>;
  /** Sent messages are shown to it by `sent`, received ones by their flow, which has their text. */
  readonly observer: MessageObserver | null;
  nowMs(): number;
  received(message: ParsedMessage, flow: Flow, atMs: number): void;
  sent(message: string, flow: Flow): void;
  /** Reported once the caller's turn is over, so that a `send` that closes a flow does not call back into who sends. */
  closed(flow: Flow, reason: string): void;
  /** Takes an exception of a receiver or an observer; throws it where nobody else takes it. */
  failed(error: unknown): void;
  /** Calls `flush` once, after what this turn of the event loop has to read was read, and after `beforeWrite`. */
  flushLater(flushable: Flushable): void;
  /** To be called before queued messages are written. */
  beforeWrite(): void;
}

export interface Receivers {
  message(message: ParsedMessage, flow: Flow, atMs: number): void;
  closed(flow: Flow, reason: string): void;
}

export function createFlowContext(options: TransportOptions, receivers: Receivers): FlowContext {
  const { observer = null, nowMs = () => performance.now(), onError } = options;
  let dirty: Flushable[] = [];

  function failed(error: unknown) {
    if (onError === undefined) throw error;
    onError(error);
  }

  function beforeWrite() {
    try {
      options.beforeWrite?.();
    } catch (error) {
      failed(error);
    }
  }

  function flushAll() {
    beforeWrite();
    const flushed = dirty;
    dirty = [];
    for (const one of flushed) one.flush();
  }

  const counters: FlowContext["counters"] = {
    received: 0,
    sent: 0,
    unknownSources: 0,
    malformed: 0,
    tooManyConnections: 0,
    tooManyOutgoing: 0,
    failedHandshakes: 0,
    failedConnects: 0,
    deadFlows: 0,
    tooLarge: 0,
    lostDatagrams: 0,
  };
  return {
    limits: { ...defaultLimits, ...options.limits },
    counters,
    observer,
    nowMs,
    received(message, flow, atMs) {
      counters.received += 1;
      receivers.message(message, flow, atMs);
    },
    sent(message, flow) {
      counters.sent += 1;
      if (observer === null) return;
      try {
        observer("out", message, flow, nowMs());
      } catch (error) {
        failed(error);
      }
    },
    closed(flow, reason) {
      process.nextTick(() => {
        try {
          receivers.closed(flow, reason);
        } catch (error) {
          failed(error);
        }
      });
    },
    failed,
    flushLater(flushable) {
      if (dirty.push(flushable) === 1) setImmediate(flushAll);
    },
    beforeWrite,
  };
}
