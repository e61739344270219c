/**
 * Sends a copy of every SIP message to the operator's collector (Homer), over UDP. Calls never wait for it: copies are made
 * and sent after the messages of an event-loop turn, a few at a time, and what the queue cannot hold is dropped and counted.
 */
import { createSocket, type Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP, isIPv6 } from "node:net";
import type { Logger } from "pino";
import type { Clock } from "../../shared/clock.ts";
import { callIdOf } from "../../sip/call-id.ts";
import { hepTemplate, writeHep } from "../../sip/hep.ts";
import type { Flow, MessageObserver } from "../../sip/transport/port.ts";
import type { HepConfig } from "./config.ts";

export interface HepSender {
  /** For the transports. Never throws; costs a push to a queue. */
  readonly observer: MessageObserver;
  /** Resolves after the first try to find the collector; keeps trying. */
  start(): Promise<void>;
  stop(): void;
  /** Since the start. `dropped`: the queue was full, there was no collector, or a message did not fit into a datagram. */
  readonly counts: { readonly sent: number; readonly dropped: number };
}

/** 4,096 messages are half a second of 1,000 calls a second, and about 4 MB. */
const maxQueued = 4096;
/** Copies that were sent and are still in the array: cutting it in each turn would cost 2 µs a copy where the queue is full. */
const maxSent = 1024;
/** Sent in one turn of the event loop, at about 10 µs each. */
const perTurn = 32;
/** Packets whose sending the kernel has not confirmed. */
const maxInFlight = 512;
const resolveAgainMs = 60_000;
const resolveDeadlineMs = 3000;
const reportEveryMs = 60_000;

interface Copy {
  readonly direction: "in" | "out";
  readonly message: string;
  readonly flow: Flow;
  readonly atMs: number;
}

export interface HepSenderParts {
  readonly config: HepConfig;
  /** Our own addresses, as far as they are known: those of Via may be a name. */
  readonly own: readonly string[];
  readonly clock: Clock;
  /** The clock of the transports' times. */
  readonly monotonicMs: () => number;
  readonly logger: Pick<Logger, "info" | "warn">;
}

export function createHepSender({ config, own, clock, monotonicMs, logger }: HepSenderParts): HepSender {
  const counts = { sent: 0, dropped: 0 };
  const templates = new WeakMap<Flow, { readonly in: Buffer; readonly out: Buffer }>();
  let queue: Copy[] = [];
  let next = 0;
  let scheduled = false;
  let inFlight = 0;
  let target: { readonly socket: Socket; readonly address: string } | null = null;
  let stopped = false;
  let stopTimer: () => void = () => undefined;
  let warned = false;
  let reportedAtMs = Number.NEGATIVE_INFINITY;

  function drop(): void {
    counts.dropped += 1;
    const nowMs = monotonicMs();
    if (nowMs - reportedAtMs < reportEveryMs) return;
    reportedAtMs = nowMs;
    logger.warn({ ...counts }, "copies for the HEP collector are dropped; counted since the start");
  }

  function templateOf(flow: Flow, direction: Copy["direction"]): Buffer {
    let pair = templates.get(flow);
    if (pair === undefined) {
      const transport = flow.protocol === "udp" ? ("udp" as const) : ("tcp" as const);
      const [ours, theirs] = [ownEnd(flow, own), flow.remote];
      const make = (source: typeof ours, destination: typeof ours) =>
        hepTemplate({ transport, source, destination }, config.capture_id, config.password ?? null);
      pair = { in: make(theirs, ours), out: make(ours, theirs) };
      templates.set(flow, pair);
    }
    return pair[direction];
  }

  function flush(): void {
    scheduled = false;
    const offsetMs = clock.nowMs() - monotonicMs();
    const end = Math.min(queue.length, next + perTurn);
    while (next < end && inFlight < maxInFlight) {
      const copy = queue[next];
      next += 1;
      if (copy !== undefined) sendSafely(copy, offsetMs);
    }
    if (next === queue.length || next >= maxSent) {
      queue = queue.slice(next);
      next = 0;
    }
    if (next < queue.length && inFlight < maxInFlight) schedule();
  }

  /** A far end must not end the process by a message that has no copy. */
  function sendSafely(copy: Copy, offsetMs: number): void {
    try {
      send(copy, offsetMs);
    } catch {
      drop();
    }
  }

  function send({ direction, message, flow, atMs }: Copy, offsetMs: number): void {
    const packet =
      target === null ? null : writeHep(templateOf(flow, direction), message, callIdOf(message), atMs + offsetMs);
    if (packet === null || target === null) {
      drop();
      return;
    }
    inFlight += 1;
    target.socket.send(packet, (error) => {
      inFlight -= 1;
      if (error === null) counts.sent += 1;
      else drop();
      if (next < queue.length) schedule();
    });
  }

  function schedule(): void {
    if (scheduled || stopped) return;
    scheduled = true;
    setImmediate(flush);
  }

  /** Finds the collector's address, again and again where it has a name. */
  async function resolve(): Promise<void> {
    try {
      const address = isIP(config.host) === 0 ? await addressOf(config.host) : config.host;
      if (stopped) return;
      if (address !== target?.address) await open(address);
      warned = false;
    } catch (error) {
      if (!warned)
        logger.warn({ host: config.host, err: error }, "HEP collector not found or not reachable; copies are dropped");
      warned = true;
    }
    if (!stopped && (target === null || isIP(config.host) === 0)) {
      stopTimer = clock.after(resolveAgainMs, () => void resolve());
    }
  }

  async function open(address: string): Promise<void> {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    // ICMP says that nothing listens there; the copy is lost, the next one is sent all the same.
    socket.on("error", () => undefined);
    socket.unref();
    try {
      // No route to it, for instance: node:dgram gives that error to the callback.
      await new Promise<void>((connected, failed) =>
        socket.connect(config.port, address, (error?: Error) => (error === undefined ? connected() : failed(error))),
      );
    } catch (error) {
      socket.close();
      throw error;
    }
    const before = target;
    if (stopped) socket.close();
    else target = { socket, address };
    before?.socket.close();
    logger.info({ host: config.host, port: config.port }, "copies of SIP messages are sent to a HEP collector");
  }

  return {
    counts,
    observer(direction, message, flow, atMs) {
      if (stopped || queue.length - next >= maxQueued) {
        drop();
        return;
      }
      queue.push({ direction, message, flow, atMs });
      schedule();
    },
    start: resolve,
    stop() {
      stopped = true;
      stopTimer();
      queue = [];
      next = 0;
      target?.socket.close();
      target = null;
    },
  };
}

async function addressOf(host: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("the name server did not answer")), resolveDeadlineMs);
  });
  try {
    return (await Promise.race([lookup(host), deadline])).address;
  } finally {
    clearTimeout(timer);
  }
}

/** Our end of a flow: the address of its family that we know, and the port that Via has. */
function ownEnd({ sentBy, remote }: Flow, own: readonly string[]): { readonly address: string; readonly port: number } {
  const [, host = "", port] = /^\[?(.*?)\]?(?::(\d{1,5}))?$/.exec(sentBy) ?? [];
  const six = isIPv6(remote.address);
  const address = [...own, host].find((one) => isIP(one) !== 0 && isIPv6(one) === six);
  return { address: address ?? (six ? "::" : "0.0.0.0"), port: Number(port ?? 5060) };
}
