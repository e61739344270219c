/**
 * Sends the commands of one event-loop iteration to Redis with one system call, and under load those of several: each write wakes
 * Redis, each reply this process, and that costs both more than most commands do (ADR 99). A gateway with little to do
 * sends at the end of the iteration, which is at once.
 */
import type { Redis } from "ioredis";

/** Of one client. Its own commands of the iteration go along. */
export interface Together {
  /**
   * Call it for each command that waits.
   * @param send writes those that wait to the connection
   */
  add(client: Redis, send: () => void): void;
  /** Clients wait for so many of the commands: where there are many such, none waits for the time. */
  hurry(clients: number): void;
  /** Hands what waits to the kernel now: what the process does next comes after it, even if it is killed then. */
  flush(): void;
}

/** Under load there is one write in this time, */
const writeEveryMs = 2;
/** or for so many that clients wait for: those that ask again once they are answered would wait for the time alone. */
const enough = 8;
/** Of writes that may follow each other at once, after as many times `writeEveryMs` with none. */
const mostAtOnce = 20;

interface Waiting {
  readonly stream: Redis["stream"];
  readonly send: () => void;
  hurried: number;
  /** Of a turn; then of the time. */
  end: NodeJS.Immediate | NodeJS.Timeout;
  isLate: boolean;
}

/** @param nowMs of a clock that nobody sets */
export function createTogether(nowMs: () => number = () => performance.now()): Together {
  let waiting: Waiting | null = null;
  let allowed = mostAtOnce;
  let countedMs = nowMs();

  function count(): void {
    const now = nowMs();
    allowed = Math.min(mostAtOnce, allowed + (now - countedMs) / writeEveryMs);
    countedMs = now;
  }

  function stop({ isLate, end }: Waiting): void {
    if (isLate) clearTimeout(end as NodeJS.Timeout);
    else clearImmediate(end as NodeJS.Immediate);
  }

  function flush(): void {
    if (waiting === null) return;
    const { stream, send } = waiting;
    stop(waiting);
    waiting = null;
    count();
    // A write that could not wait is not owed by the next ones.
    allowed = Math.max(0, allowed - 1);
    send();
    stream.uncork();
  }

  function endOfTurn(): void {
    count();
    if (waiting === null || allowed >= 1 || waiting.hurried >= enough) {
      flush();
      return;
    }
    waiting.isLate = true;
    waiting.end = setTimeout(flush, Math.ceil((1 - allowed) * writeEveryMs));
  }

  function add(client: Redis, send: () => void): void {
    const { stream } = client;
    if (waiting !== null || client.status !== "ready") return;
    stream.cork();
    waiting = { stream, send, hurried: 0, isLate: false, end: setImmediate(endOfTurn) };
  }

  function hurry(clients: number): void {
    if (waiting === null) return;
    waiting.hurried += clients;
    if (waiting.hurried < enough || !waiting.isLate) return;
    stop(waiting);
    Object.assign(waiting, { isLate: false, end: setImmediate(flush) });
  }

  return { add, hurry, flush };
}
