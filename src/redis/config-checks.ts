/** Redis settings that exclude each other, and a Redis that is open to its network. */
import { isLoopback } from "../shared/ip-address.ts";
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { RedisConfig } from "./config.ts";

interface Sections {
  readonly redis: RedisConfig;
}

export const redisChecks: readonly CrossCheck<Sections>[] = [
  { reads: ["redis"], problems: redisIsOne },
  { reads: ["redis"], problems: urlIsReadable },
  { reads: ["redis"], problems: remoteRedisHasPassword },
];

const kinds = ["url", "sentinel", "cluster"] as const;

function redisIsOne({ redis }: Sections, isSound: IsSound): Problem[] {
  const given = kinds.filter((key) => redis[key] !== undefined);
  if (given.length === 1 || !kinds.every((key) => isSound(["redis", key]))) return [];
  return [{ path: ["redis"], given: given.join(" and ") || "none", expected: "exactly one of url, sentinel, cluster" }];
}

function urlIsReadable({ redis }: Sections, isSound: IsSound): Problem[] {
  const path = ["redis", "url"];
  if (redis.url === undefined || !isSound(path) || readUrl(redis.url) !== null) return [];
  const expected = "a URL; in a password percent-encode / as %2F, ? as %3F, # as %23, @ as %40 and % as %25";
  return [{ path, given: "(hidden)", expected }];
}

/** Anyone who reaches a Redis without a password can read and change every verification, and mark numbers as verified. */
function remoteRedisHasPassword({ redis }: Sections, isSound: IsSound): Problem[] {
  if (!isSound(["redis", "allow_no_password"]) || redis.allow_no_password === true) return [];
  const [kind, ...more] = kinds.filter((key) => redis[key] !== undefined);
  if (kind === undefined || more.length > 0 || !isSound(["redis", kind]) || redisPassword(redis, kind) !== "")
    return [];
  const remote = hostsOf(redis, kind).find((host) => !isLoopback(host));
  if (remote === undefined) return [];
  const where = kind === "url" ? "redis://:password@host:port" : `redis.${kind}.password`;
  const expected = `a password (${where}), or redis.allow_no_password: true where only gateways can reach this Redis`;
  return [{ path: ["redis", kind], given: `no password for ${remote}`, expected }];
}

function hostsOf(redis: RedisConfig, kind: (typeof kinds)[number]): readonly string[] {
  if (kind !== "url") return (redis[kind]?.nodes ?? []).map((node) => node.slice(0, node.lastIndexOf(":")));
  const url = readUrl(redis.url);
  return url === null ? [] : [url.host];
}

/** The password that a section gives, empty where it gives none. A URL may have it as `?password=` too (ioredis). */
export function redisPassword(redis: RedisConfig, kind: (typeof kinds)[number]): string {
  if (kind !== "url") return redis[kind]?.password ?? "";
  return readUrl(redis.url)?.password ?? "";
}

/** Host and password as ioredis reads them from a URL; null where it cannot. */
function readUrl(text: string | undefined): { readonly host: string; readonly password: string } | null {
  if (text === undefined || !URL.canParse(text)) return null;
  const { hostname: host, password, searchParams } = new URL(text);
  try {
    return { host, password: decodeURIComponent(password) || (searchParams.get("password") ?? "") };
  } catch {
    // A % that begins no escape (URIError).
    return null;
  }
}
