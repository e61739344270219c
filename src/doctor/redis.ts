/** Checks Redis: reachable, version, memory, eviction policy, persistence, channels, and the difference between its clock and ours. */
import { pino } from "pino";
import { createRedis, type RedisClient } from "../redis/client.ts";
import type { RedisConfig } from "../redis/config.ts";
import { hangUpsChannel } from "../redis/keys.ts";
import { readMemory, usedShare } from "../redis/memory.ts";
import { type Finding, fail, hint, ok, warn } from "./finding.ts";

/** Longest wait for the first connection; a Redis in reach takes milliseconds. */
const connectDeadlineMs = 3000;

/** Redis judges lives and limits by its own clock; beyond this the times in answers and logs visibly disagree with it. */
const maxClockSkewMs = 2000;

export async function examineRedis(config: RedisConfig): Promise<Finding[]> {
  const { client, close } = createRedis(config, pino({ level: "silent" }));
  let lastError: Error | null = null;
  client.on("error", (error: Error) => {
    lastError = error;
  });
  try {
    if (client.status !== "ready") await readyWithin(client, connectDeadlineMs);
    const [server, memory, persistence] = [
      await client.info("server"),
      await client.info("memory"),
      await client.info("persistence"),
    ];
    const time = await client.time();
    return [
      examineVersion(server),
      examineEviction(memory),
      examineMemory(memory),
      examinePersistence(persistence),
      examineClock(time, Date.now()),
      await examineChannels(client),
    ];
  } catch (error) {
    return [noRedis(lastError ?? error)];
  } finally {
    await close();
  }
}

/** @param error of the connection, else of the deadline or a command */
export function noRedis(error: unknown): Finding {
  const why = error instanceof Error ? error.message : String(error);
  if (/^(NOAUTH|WRONGPASS|ERR AUTH|ERR invalid password)/.test(why)) {
    const missing = why.startsWith("NOAUTH");
    return fail(
      missing ? "Redis asks for a password, and none is configured" : `Redis refuses the user or password (${why})`,
      "Compare with `requirepass` or the ACL user of Redis: redis://user:password@host:port in redis.url (a user only with ACLs), special characters percent-encoded; or `password` of redis.sentinel or redis.cluster.",
    );
  }
  return fail(
    `Redis does not answer (${why})`,
    "Check that it runs, and the address in `redis`. Without Redis no call is placed and no code verifies.",
  );
}

/** Not `events.once`: that would throw at the first of the errors between which the client keeps trying. */
function readyWithin(client: ReturnType<typeof createRedis>["client"], deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no connection within ${deadlineMs} ms`)), deadlineMs);
    client.once("ready", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function examineVersion(info: string): Finding {
  const valkey = /valkey_version:(\S+)/.exec(info)?.[1];
  const version = valkey ?? /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown";
  const name = valkey === undefined ? "Redis" : "Valkey";
  return Number.parseInt(version, 10) >= 7
    ? ok(`${name}: version ${version}`)
    : fail(`${name}: version ${version}`, "Redis 7 or Valkey 7.2, or newer, is needed.");
}

function examineEviction(info: string): Finding {
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1] ?? "unknown";
  return policy === "noeviction"
    ? ok("Redis: maxmemory-policy is noeviction")
    : warn(
        `Redis: maxmemory-policy is ${policy}`,
        "Set maxmemory-policy noeviction: an evicted count of wrong checks would give an attacker new guesses.",
      );
}

/** Above this Redis may be full before an operator reacts: then no call is placed and no code verifies. */
const fullShare = 0.8;

/** @param info section `memory` of INFO */
export function examineMemory(info: string): Finding {
  const memory = readMemory(info);
  const { used, max, system } = memory;
  const share = usedShare(memory);
  const of = max === null ? `${mebibytes(system)} of its machine (no maxmemory is set)` : `maxmemory ${mebibytes(max)}`;
  const what = `Redis: uses ${mebibytes(used)} of ${of}`;
  const fix = "Raise maxmemory, or give Redis a machine with more memory: when it is full every start answers 503.";
  if (share >= 1) return fail(what, fix);
  if (share >= fullShare) return warn(what, fix);
  if (max !== null) return ok(what);
  return hint(
    what,
    "In production set maxmemory below the machine's memory: Redis then refuses writes instead of being killed.",
  );
}

function mebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_048_576)} MiB`;
}

function examinePersistence(info: string): Finding {
  return /aof_enabled:1/.test(info)
    ? ok("Redis: append-only file is on, data survives a crash")
    : warn(
        "Redis: has no append-only file",
        "Set `appendonly yes` and `appendfsync always`: otherwise a crash of Redis loses open verifications and counts of wrong checks, and a phone may ring twice (docs/failures.md).",
      );
}

/** Users that ACLs made have no channels unless they were given some. */
async function examineChannels(client: RedisClient): Promise<Finding> {
  try {
    // Nobody listens there.
    await client.publish(hangUpsChannel("doctor"), "");
    return ok("Redis: Pub/Sub works (gateways ask each other to hang up calls over it)");
  } catch (error) {
    return warn(
      `Redis: Pub/Sub does not work, so gateways cannot ask each other to hang up calls (${error instanceof Error ? error.message : String(error)})`,
      "Give the ACL user PUBLISH, SUBSCRIBE and the channels: ACL SETUSER … &onering:*. Until then a cancel or a right code at another gateway, or process, lets the phone ring to its ring time.",
    );
  }
}

/** @param time answer of Redis' TIME: seconds and microseconds */
export function examineClock([seconds = 0, microseconds = 0]: readonly (string | number)[], nowMs: number): Finding {
  const skewMs = Math.round(nowMs - (Number(seconds) * 1000 + Number(microseconds) / 1000));
  return Math.abs(skewMs) <= maxClockSkewMs
    ? ok("Redis: its clock agrees with this machine's")
    : warn(
        `Redis: its clock differs from this machine's by ${skewMs} ms`,
        "Run NTP on every host: Redis' clock decides what expires, so times in answers and logs of this machine are off by that much.",
      );
}
