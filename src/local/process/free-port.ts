import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export type PortKind = "tcp" | "udp";

/** Below the range that the kernel gives to outgoing connections (32768 up), so no such connection takes it meanwhile. */
const firstPort = 20_000;
const ports = 12_000;
const tries = 100;

/**
 * Each process has a block of its own, and uses its ports in sequence: one stays free until it is used, which may take seconds, and
 * other callers must get a different one until then. (Of processes that each drew from all ports two came to draw the same ones,
 * one after the other, and their programs met.)
 */
const blockPorts = 600;
const blocks = ports / blockPorts;
let block: Promise<number> | undefined;
let drawn = 0;

/**
 * Finds an unused port of 127.0.0.1. It is not reserved: use it soon.
 * @param kinds what must be free on it, `freePort("udp", "tcp")` for a SIP port
 */
export async function freePort(...kinds: [PortKind, ...PortKind[]]): Promise<number> {
  block ??= takeBlock();
  const first = firstPort + (await block) * blockPorts;
  for (let attempt = 0; attempt < tries; attempt++) {
    const port = first + (drawn++ % blockPorts);
    const free = await Promise.all(kinds.map((kind) => isFree(port, kind)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no free port on 127.0.0.1");
}

/** @returns the number of a block that no other process has; where all are taken, one that it shares */
async function takeBlock(): Promise<number> {
  for (let at = 0; at < blocks; at++) {
    const number = (process.pid + at) % blocks;
    if (await taken(number)) return number;
  }
  return process.pid % blocks;
}

/** An abstract Unix socket says that a block is taken; the kernel removes it with the process. */
function taken(number: number): Promise<boolean> {
  return new Promise((resolve) => {
    const mark = createServer();
    mark.once("error", () => resolve(false));
    mark.listen(`\0onering-ports-${number}`, () => resolve(true));
    mark.unref();
  });
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
