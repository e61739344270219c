import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Program } from "./fetch/on-path.ts";
import { Child } from "./process/child.ts";
import { freePort } from "./process/free-port.ts";

const readyDeadlineMs = 10_000;
const probeDeadlineMs = 1000;

/** A private Redis on loopback. */
export interface RedisServer {
  readonly port: number;
  /** redis://127.0.0.1:port */
  readonly url: string;
  readonly pid: number;
  readonly child: Child;
  /** Ends it and removes its folder. Start another on the same port by `startRedis(program, { port })`. */
  stop(): Promise<void>;
}

/**
 * Starts redis-server on loopback, without persistence unless asked for, and waits until it answers.
 * @param options.port default: a free one
 * @param options.dir its working folder; default: a temporary one, removed at the end
 * @param options.settings more settings of redis.conf, e.g. `{ appendonly: "yes" }` with a `dir` that outlives it
 * @throws with the end of its log when it does not answer in time
 */
export async function startRedis(
  program: Program,
  options: { port?: number; dir?: string; settings?: Readonly<Record<string, string>> } = {},
): Promise<RedisServer> {
  const port = options.port ?? (await freePort("tcp"));
  const dir = options.dir ?? (await mkdtemp(path.join(tmpdir(), "onering-redis-")));
  const settings = {
    port,
    bind: "127.0.0.1",
    save: "",
    appendonly: "no",
    dir,
    daemonize: "no",
    "protected-mode": "yes",
    ...options.settings,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = await Child.start("redis-server", program, args);
  const cleanUp = async () => {
    if (!options.dir) await rm(dir, { recursive: true, force: true });
  };
  try {
    await child.waitUntil(
      () => answersAs(port, child.pid),
      readyDeadlineMs,
      async () => child.output.slice(-2000),
    );
  } catch (error) {
    await child.kill();
    await cleanUp();
    throw error;
  }
  const stop = async () => {
    await child.stop();
    await cleanUp();
  };
  return { port, url: `redis://127.0.0.1:${port}`, pid: child.pid, child, stop };
}

/** Whether the server on the port is the process `pid`, and up: another Redis may hold a port that was asked for. */
function answersAs(port: number, pid: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    let answer = "";
    socket.setTimeout(probeDeadlineMs, () => settle(false));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
    socket.once("connect", () => socket.write("INFO server\r\nPING\r\n"));
    socket.on("data", (data) => {
      answer += data.toString();
      if (answer.endsWith("+PONG\r\n")) settle(answer.includes(`process_id:${pid}\r\n`));
    });
  });
}
