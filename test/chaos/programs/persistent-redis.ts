/** A Redis that keeps its data over a crash, as docs/failures.md advises. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Program } from "../../../src/local/fetch/on-path.ts";
import { startTestRedis } from "../../support/redis.ts";

/** redis.conf's own names for when what was written is forced to the disk; `off`: nothing is kept at all. */
export const appendFsyncs = ["always", "everysec", "no", "off"] as const;
export type AppendFsync = (typeof appendFsyncs)[number];

export interface PersistentRedis {
  readonly url: string;
  readonly pid: number;
  kill(): Promise<void>;
  /** Brings it back on the same port with what it kept. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startPersistentRedis(program: Program, appendfsync: AppendFsync): Promise<PersistentRedis> {
  const dir = await mkdtemp(path.join(tmpdir(), "onering-chaos-redis-"));
  const start = (port?: number) =>
    startTestRedis(program, {
      ...(port === undefined ? {} : { port }),
      dir,
      settings: {
        ...(appendfsync === "off" ? {} : { appendonly: "yes", appendfsync }),
        "maxmemory-policy": "noeviction",
      },
    });
  let server = await start();
  const { url, port } = server;
  return {
    url,
    get pid() {
      return server.pid;
    },
    kill: () => server.kill(),
    async restart() {
      server = await start(port);
    },
    async stop() {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
