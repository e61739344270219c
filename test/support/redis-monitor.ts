/**
 * What a Redis executes, by its MONITOR. Not by ioredis': where commands come in one piece with the reply to MONITOR, it throws in
 * the socket's listener.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { deferred } from "../../src/shared/deferred.ts";

export interface RedisMonitor {
  /** Everything so far, a line a command: its name and arguments, each in double quotes. No times: six of their digits look like a code. */
  text(): string;
  /** Resolves when a line contains this. */
  saw(part: string): Promise<void>;
  close(): void;
}

/** @param url redis://host:port, without a password. Resolves when Redis has begun to tell. */
export async function monitorRedis(url: string): Promise<RedisMonitor> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const lines: string[] = [];
  const waiting = new Set<{ readonly part: string; readonly resolve: () => void }>();
  createInterface({ input: socket }).on("line", (told) => {
    const line = told.replace(/^\+[\d.]+ \[[^\]]*\] /, "");
    lines.push(line);
    for (const one of waiting) if (line.includes(one.part)) one.resolve();
  });
  const saw = (part: string) => {
    const { promise, resolve } = deferred<void>();
    if (lines.some((line) => line.includes(part))) resolve();
    waiting.add({ part, resolve });
    return promise;
  };
  socket.write("MONITOR\r\n");
  await saw("+OK");
  return { text: () => lines.join("\n"), saw, close: () => void socket.destroy() };
}
