import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export type PortKind = "tcp" | "udp";

/** Below the range that the kernel gives to outgoing connections (32768 up), so no such connection takes it meanwhile. */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const TRIES = 100;

/**
 * Finds a port of 127.0.0.1 that nobody listens on. It is not reserved: use it soon.
 * @param kinds what must be free on it, `freePort("udp", "tcp")` for a SIP port
 */
export async function freePort(...kinds: [PortKind, ...PortKind[]]): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    // Any order does as long as two processes that ask at the same time get different answers.
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    const free = await Promise.all(kinds.map((kind) => isFree(port, kind)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}

/** Whether nobody listens on a port of 127.0.0.1. */
export function isFree(port: number, kind: PortKind): Promise<boolean> {
  return kind === "tcp" ? tcpIsFree(port) : udpIsFree(port);
}

function tcpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function udpIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}
