/**
 * Sends the commands of one event-loop iteration to Redis with one system call. Under load an iteration handles several
 * requests, and a write for each was an eighth of the gateway's CPU time (measured at 300 calls a second); an idle
 * gateway's single command is sent at the end of its iteration, which is at once.
 */
import type { Redis } from "ioredis";

/** @returns call it before each command */
export function createTogether(client: Redis): () => void {
  let waiting = false;
  return () => {
    const { stream } = client;
    if (waiting || client.status !== "ready") return;
    waiting = true;
    stream.cork();
    setImmediate(() => {
      waiting = false;
      stream.uncork();
    });
  };
}
