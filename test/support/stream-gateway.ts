/**
 * A gateway in a process of its own that says how much memory it holds: `node --expose-gc stream-gateway.ts <redis url>`. Its Asterisk
 * is not there: streams need none.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { buildApp } from "../../src/app.ts";
import { resolveConfig } from "../../src/config/load.ts";
import type { AsteriskServer } from "../../src/local/asterisk/asterisk.ts";
import { createLogger } from "../../src/observability/log.ts";
import { gatewayDocument } from "./gateway.ts";

/** What it answers to the message `measure`. */
export interface Measured {
  /** Heap, and buffers outside of it, after garbage collection. */
  readonly heldBytes: number;
  readonly rssBytes: number;
  /** Longest delay of the event loop since the last measurement. */
  readonly longestDelayMs: number;
}

const nothing = { url: "http://127.0.0.1:9", user: "nobody", password: "nothing-there" };
const asterisk = { ari: nothing, ami: { ...nothing, host: "127.0.0.1", port: 9 } } as unknown as AsteriskServer;
const many = "20000";
const document = gatewayDocument({
  redisUrl: process.argv[2] ?? "",
  asterisk,
  config: {
    http: { port: "0", shed_at_delay_ms: "10000", max_connections: many, rate_limit_per_minute: "1000000" },
    events: { max_streams: "10000", max_streams_per_app: "10000" },
  },
});
const config = resolveConfig({ name: "test", document, env: {} });
const app = await buildApp(config, { logger: createLogger({ level: "silent" }) });
const { url } = await app.start();
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on("message", () => {
  const longestDelayMs = delay.max / 1e6;
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  delay.reset();
  process.send?.({ heldBytes: heapUsed + external, rssBytes: rss, longestDelayMs } satisfies Measured);
});
process.send?.(url);
