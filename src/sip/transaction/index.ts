/** The transaction layer (RFC 3261 section 17) over the transports. */
import type { Clock } from "../../shared/clock.ts";
import type { Random } from "../../shared/random.ts";
import { Timers } from "../../shared/timers.ts";
import type { SipResponseMessage } from "../message.ts";
import type { Flow, Transports } from "../transport/port.ts";
import { Clients } from "./clients.ts";
import type { ServerTransaction, TransactionLayer } from "./port.ts";
import { Servers } from "./servers.ts";
import { defaultTimerValues, type TimerValues } from "./timer-values.ts";

export interface TransactionOptions {
  readonly transports: Pick<Transports, "onMessage" | "onClosed" | "replyTo">;
  /** Monotonic. */
  readonly clock: Clock;
  readonly random: Random;
  /** T1, T2 and T4. */
  readonly timers?: Partial<TimerValues>;
  /**
   * Client transactions that wait at once; as many that only absorb repetitions; and server transactions. Beyond it a request
   * of ours fails as never sent, and one that comes gets 503. Default 100,000: over UDP a call is kept for 32 s.
   */
  readonly limit?: number;
  /** Of requests that came and are kept: until their response, of an INVITE over UDP until its ACK. Default 32 MiB. */
  readonly limitBytes?: number;
  /**
   * The far end of a flow, by a name: each gets another transaction while it has fewer than are free, and bytes likewise, so that
   * none takes the places of others. Left out: there is but one.
   */
  readonly farEndOf?: (flow: Flow) => string;
  /** Whose requests are answered; those of others are dropped as if nothing were here. Default: everybody's. */
  readonly answers?: (flow: Flow) => boolean;
  /**
   * An exception of a receiver, a bug: the message or lost flow that it is about has no further effect, and others go on. Left
   * out: it is thrown to the transports, and ends the process.
   */
  readonly onError?: (error: unknown) => void;
}

const defaultLimit = 100_000;
/** A carrier acknowledges within a second: of 200 INVITEs a second with 4 KB each, 800 KB wait for it. */
const defaultLimitBytes = 32 * 1024 * 1024;

/** Takes the receivers of the transports' messages and lost flows. */
export function createTransactions(options: TransactionOptions): TransactionLayer {
  const { transports, clock, random, limit = defaultLimit, answers = () => true } = options;
  const { limitBytes = defaultLimitBytes } = options;
  const timers = new Timers(clock, options.onError);
  const values = { ...defaultTimerValues, ...options.timers };
  let stopped = false;
  let onRequest: (transaction: ServerTransaction, atMs: number) => void = (transaction) => transaction.ignore();
  let onStray: (response: SipResponseMessage, flow: Flow) => void = () => {};
  const shared = { timers, values, random, limit, farEndOf: options.farEndOf ?? null };
  const clients = new Clients({ ...shared, guarded, stray: (response, flow) => onStray(response, flow) });
  const servers = new Servers({
    ...{ ...shared, limitBytes, transports },
    user: (transaction, atMs) => onRequest(transaction, atMs),
  });

  function guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (options.onError === undefined) throw error;
      options.onError(error);
    }
  }

  transports.onMessage((message, flow, atMs) => {
    if (stopped) return;
    guarded(() => {
      if (message.kind === "response") clients.receive(message, flow, atMs);
      else if (answers(flow)) servers.receive(message, flow, atMs);
    });
  });
  transports.onClosed((flow) => {
    guarded(() => clients.flowLost(flow));
    guarded(() => servers.flowLost(flow));
  });

  return {
    invite: (request, flow, user) => clients.invite(request, flow, user),
    takeOver: (sent, flow, user) => clients.takeOver(sent, flow, user),
    request: (request, flow, user) => clients.request(request, flow, user),
    acknowledge: (request, flow) => clients.acknowledge(request, flow),
    onRequest(receiver) {
      onRequest = receiver;
    },
    onStray(receiver) {
      onStray = receiver;
    },
    get size() {
      return clients.size + servers.size;
    },
    get keptBytes() {
      return servers.kept.size;
    },
    get refused() {
      return clients.refused + servers.refused;
    },
    stop() {
      stopped = true;
      clients.stop();
      servers.stop();
      timers.clear();
    },
  };
}
