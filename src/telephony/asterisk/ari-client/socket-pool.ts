/**
 * A pool of keep-alive connections to Asterisk that grows one by one.
 *
 * Asterisk's HTTP server listens with a backlog of 10: when more connections are opened at once, some lose their SYN and
 * wait a second for the next (measured on a busy machine with 64 sockets: 4 of 6 runs of 60 bursts of 30 calls had
 * requests of over 1,000 ms; with 10 sockets none of 4). But 10 are too few for a busy machine: where a request waits
 * 10 ms for a core, 7 sockets carry no more than 700 calls a second, and the queue before them grew to half a second at
 * 650. So a pool begins small, and a further connection is opened only every few answers.
 */
import http from "node:http";
import https from "node:https";
import type { Socket } from "node:net";

/** Answers after which one more connection is allowed. */
const answersPerSocket = 8;
/** Below Asterisk's `session_keep_alive` (15 s), so that we close an idle connection before it does. */
const idleMs = 8000;

export interface SocketPool {
  readonly agent: http.Agent;
  /** To be called for every request that goes through the agent. */
  watch(request: http.ClientRequest): void;
}

/**
 * @param secure whether to speak TLS
 * @param first sockets that may be opened at once; together with other pools it must stay within the backlog
 * @param most sockets that it may grow to
 */
export function createSocketPool(secure: boolean, first: number, most: number): SocketPool {
  const Agent = secure ? https.Agent : http.Agent;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: first,
    maxFreeSockets: most,
    timeout: idleMs,
    scheduling: "lifo",
  });
  const known = new WeakSet<Socket>();
  let answers = 0;

  function grow(): void {
    answers += 1;
    if (answers % answersPerSocket === 0 && agent.maxSockets < most) agent.maxSockets += 1;
  }
  /** A closed connection is replaced at the same rate as at the start. */
  function shrink(): void {
    agent.maxSockets = Math.max(first, agent.maxSockets - 1);
  }

  return {
    agent,
    watch(request) {
      request.once("response", grow);
      request.once("socket", (socket) => {
        if (known.has(socket)) return;
        known.add(socket);
        socket.once("close", shrink);
      });
    },
  };
}
