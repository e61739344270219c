import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export type PortKind = "tcp" | "udp";

/** Below the range that the kernel gives to outgoing connections (32768 up), so no such connection takes it meanwhile. */
const firstPort = 20_000;
const ports = 12_000;
const tries = 100;

/**
 * Each process uses the ports in sequence, from its own start: a port stays free until it is used, which may take seconds,
 * and other callers must get a different one until then. (Drawn at random, two of the sandbox's ports were the same in
 * about one start of a thousand.)
 */
let drawn = 0;
/**
 * Distance between the starts of two processes whose ids follow each other: ports times the golden ratio's fraction, so that any few
 * processes of near ids start far apart. (61 apart, the workers of a test run drew each other's ports after some dozens.)
 */
const portsApart = 7417;

/**
 * Finds an unused port of 127.0.0.1. It is not reserved: use it soon.
 * @param kinds what must be free on it, `freePort("udp", "tcp")` for a SIP port
 */
export async function freePort(...kinds: [PortKind, ...PortKind[]]): Promise<number> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = firstPort + ((process.pid * portsApart + drawn++) % ports);
    const free = await Promise.all(kinds.map((kind) => isFree(port, kind)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}

/** The same for several in a row. @returns the first of them */
export async function freePortRow(count: number, ...kinds: [PortKind, ...PortKind[]]): Promise<number> {
  for (let first = await freePort(...kinds), last = first; ; ) {
    if (last - first === count - 1) return first;
    const next = await freePort(...kinds);
    if (next !== last + 1) first = next;
    last = next;
  }
}

/** Whether a port of 127.0.0.1 is unused. */
function isFree(port: number, kind: PortKind): Promise<boolean> {
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
