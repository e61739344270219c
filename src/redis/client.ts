/**
 * The connection to Redis: one server, Sentinel or Cluster. It fails fast and never sends anything twice: a start whose
 * answer was lost may have been carried out, and a check would be counted twice. Callers get `store_unavailable`.
 */
import { once } from "node:events";
import { Cluster, type CommonRedisOptions, Redis } from "ioredis";
import type { Logger } from "pino";
import type { RedisConfig } from "./config.ts";
import { type RedisMemory, readMemory, usedShare } from "./memory.ts";

/** Enough different keys to reach each master of a cluster. */
const probeSlots = 64;
/** Expires as soon as it is written: only the success of the write matters. */
const probeTtlMs = 1;

export type RedisClient = Redis | Cluster;

export interface RedisConnection {
  readonly client: RedisClient;
  /**
   * Resolves when the first attempt to connect (in a cluster: to each node) succeeded or failed, at the latest after three
   * times the command timeout.
   */
  firstTried(): Promise<void>;
  /** Whether Redis answers and accepts writes now; within the command timeout. False where it is full or read-only. */
  ping(): Promise<boolean>;
  /** Of a cluster the fullest master; null where Redis does not answer within the command timeout. */
  memory(): Promise<RedisMemory | null>;
  /** Lets commands in progress finish, then closes. */
  close(): Promise<void>;
}

/** Connects in the background, and again for ever when the connection breaks. */
export function createRedis(config: RedisConfig, logger: Logger): RedisConnection {
  let probes = 0;
  const client = connect(config);
  const closing = logConnection(client, logger);
  return {
    client,
    async firstTried() {
      const deadline = AbortSignal.timeout(connectTimeoutMs(config));
      if (client.status !== "ready") await once(client, "ready", { signal: deadline }).catch(() => undefined);
      // A cluster is ready when its first node is; keys of another node are refused until that is connected too.
      if (client instanceof Cluster) await Promise.allSettled(client.nodes().map((node) => node.ping()));
    },
    async ping() {
      try {
        // A key of a different slot each time: in a cluster each master is tried in sequence.
        const key = `{p${probes++ % probeSlots}}:ready`;
        return client.status === "ready" && (await client.set(key, "1", "PX", probeTtlMs)) === "OK";
      } catch {
        return false;
      }
    },
    async memory() {
      try {
        const masters = client instanceof Cluster ? client.nodes("master") : [client];
        const found = await Promise.all(masters.map(async (node) => readMemory(await node.info("memory"))));
        return found.reduce<RedisMemory | null>(
          (fullest, one) => (fullest === null || usedShare(one) > usedShare(fullest) ? one : fullest),
          null,
        );
      } catch {
        return null;
      }
    },
    async close() {
      closing();
      try {
        await client.quit();
      } catch {
        client.disconnect();
      }
    },
  };
}

function connect(config: RedisConfig): RedisClient {
  const options = connectionOptions(config);
  if (config.cluster) {
    const { nodes, password, tls } = config.cluster;
    const cluster = new Cluster(nodes.map(readNode), {
      enableOfflineQueue: false,
      // 0 = do not send again after a lost connection. Redirects (MOVED, ASK) were not carried out: those are followed.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      clusterRetryStrategy: backOffMs,
      clusterNodeRetryStrategy: backOffMs,
      redisOptions: { ...options, ...credentials(password, tls) },
    });
    // Nodes connect at their first command, and commands fail until then: so the first one is sent here, not by a caller.
    cluster.on("+node", (node: Redis) => void node.ping().catch(() => undefined));
    return cluster;
  }
  const single = { ...options, enableOfflineQueue: false, retryStrategy: backOffMs };
  if (config.sentinel) {
    const { name, nodes, password, tls } = config.sentinel;
    return new Redis({
      ...single,
      ...credentials(password, tls),
      name,
      sentinels: nodes.map(readNode),
      sentinelRetryStrategy: backOffMs,
      sentinelCommandTimeout: config.command_timeout_ms,
    });
  }
  if (!config.url) throw new Error("redis: one of url, sentinel and cluster must be given");
  return new Redis(config.url, single);
}

function connectTimeoutMs({ command_timeout_ms }: RedisConfig): number {
  return 2 * command_timeout_ms;
}

function connectionOptions(config: RedisConfig) {
  return {
    connectionName: "onering",
    commandTimeout: config.command_timeout_ms,
    connectTimeout: connectTimeoutMs(config),
    // A connection without answers is dead (a pulled cable sends no RST): close it and reconnect.
    socketTimeout: 3 * config.command_timeout_ms,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // After a failover the old master only reads: look for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  } satisfies CommonRedisOptions;
}

function credentials(password: string | undefined, tls: boolean) {
  return { ...(password === undefined ? {} : { password }), ...(tls ? { tls: {} } : {}) };
}

function readNode(node: string): { host: string; port: number } {
  const colon = node.lastIndexOf(":");
  return { host: node.slice(0, colon), port: Number(node.slice(colon + 1)) };
}

/** 50, 100, 200 … 1000 ms, plus up to 100 ms so that many gateways do not reconnect at the same moment. */
function backOffMs(times: number): number {
  return Math.min(1000, 50 * 2 ** Math.min(times - 1, 10)) + Math.random() * 100;
}

/**
 * Logs once when Redis becomes unreachable and once when it is back. The error's text holds an address, never the URL or
 * its password.
 * @returns call it before the connection is closed on purpose, which is not logged
 */
function logConnection(client: RedisClient, logger: Logger): () => void {
  let unreachable = false;
  let closing = false;
  const gone = (error: Error) => {
    if (!unreachable && !closing) logger.error({ why: error.message }, "Redis is unreachable");
    unreachable = true;
  };
  client.on("error", gone);
  client.on("node error", gone);
  client.on("close", () => gone(new Error("connection closed")));
  client.on("ready", () => {
    // A connection that is closed while it is still being opened becomes ready first.
    if (unreachable && !closing) logger.info("Redis is back");
    unreachable = false;
  });
  return () => {
    closing = true;
  };
}
