/**
 * Requests to hang up: one message (Pub/Sub) to the gateway that placed the call, over a connection of its own there. Nothing
 * is kept: what comes while that connection is down is lost.
 */
import { Cluster, type Redis, ReplyError } from "ioredis";
import type { Logger } from "pino";
import type { HangUps } from "../channels/calls/hang-ups-port.ts";
import type { Clock } from "../shared/clock.ts";
import { steadyClock } from "../shared/clock.ts";
import type { Random } from "../shared/random.ts";
import { isAttemptId } from "../verification/ids.ts";
import type { RedisClient } from "./client.ts";
import { hangUpsChannel } from "./keys.ts";

/** It subscribes again so often, which changes nothing where the connection lives, and finds one that is dead. */
const lookEveryMs = 1000;
/** Requests without an answer of Redis; each gets one within the command timeout. */
const maxAsked = 1000;
const logEveryMs = 60_000;

export function createHangUps(parts: {
  readonly client: RedisClient;
  readonly random: Random;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}): HangUps & { close(): void } {
  const { client, random, logger } = parts;
  const clock = steadyClock(parts.clock);
  const gateway = random.bytes(6).toString("base64url");
  const counts = { asked: { sent: 0, unheard: 0, failed: 0 }, received: 0 };
  let asked = 0;
  /** Since it subscribed last: an outage is logged once. */
  let hasFailed = false;
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  let own: Redis | null = null;
  /** In a cluster the node that `own` is to. */
  let node: Redis | null = null;
  let stopTimer = () => {};
  let closed = false;

  function failed(error: unknown): void {
    if (closed || hasFailed || clock.nowMs() - loggedAtMs < logEveryMs) return;
    hasFailed = true;
    loggedAtMs = clock.nowMs();
    const why = error instanceof Error ? error.message : "unknown";
    logger.warn(
      { why },
      "gateways cannot ask each other to hang up: where another one ends a verification its phone rings on",
    );
  }

  /** One that is still connected to a node which left the cluster would receive nothing. */
  const isStray = () => client instanceof Cluster && node !== null && !client.nodes().includes(node);

  /** @returns null: no node of the cluster is known yet */
  function connect(hangUp: (callId: string) => void): Redis | null {
    node = client instanceof Cluster ? anyOf(client.nodes("master"), random) : client;
    if (node === null) return null;
    const connection = node.duplicate({
      ...{ connectionName: "onering-hang-ups", enableOfflineQueue: true, lazyConnect: false },
      // One that ended is replaced, in a cluster by one to a node that is there.
      ...{ autoResubscribe: false, retryStrategy: () => null },
    });
    // What fails is seen where it subscribes.
    connection.on("error", () => undefined);
    connection.on("end", () => {
      if (own === connection) own = null;
    });
    connection.on("message", (_channel: string, text: string) => {
      if (!isAttemptId(text)) return;
      counts.received++;
      hangUp(text);
    });
    return connection;
  }

  function drop(): void {
    own?.disconnect();
    own = null;
  }

  return {
    gateway,
    counts,
    ask(other, callId) {
      if (asked >= maxAsked) {
        counts.asked.failed++;
        return;
      }
      asked++;
      client
        .publish(hangUpsChannel(other), callId)
        .then((receivers) => {
          // A cluster counts those of one node.
          counts.asked[receivers === 0 && !(client instanceof Cluster) ? "unheard" : "sent"]++;
        })
        .catch((error: unknown) => {
          counts.asked.failed++;
          failed(error);
        })
        .finally(() => asked--);
    },
    async listen(hangUp) {
      const look = async (): Promise<void> => {
        if (isStray()) drop();
        own ??= connect(hangUp);
        try {
          await own?.subscribe(hangUpsChannel(gateway));
          hasFailed = false;
        } catch (error) {
          failed(error);
          // What Redis refuses it may permit later; any other failure is of the connection.
          if (!(error instanceof ReplyError)) drop();
        }
        if (!closed) stopTimer = clock.after(lookEveryMs, look);
      };
      await look();
    },
    close() {
      closed = true;
      stopTimer();
      drop();
    },
  };
}

function anyOf<T>(all: readonly T[], random: Random): T | null {
  return all.length === 0 ? null : (all[random.below(all.length)] ?? null);
}
