/** Redis settings that exclude each other. */
import type { CrossCheck, IsSound } from "../typed-yaml/cross-check.ts";
import type { Problem } from "../typed-yaml/errors.ts";
import type { RedisConfig } from "./config.ts";

interface Sections {
  readonly redis: RedisConfig;
}

export const redisChecks: readonly CrossCheck<Sections>[] = [{ reads: ["redis"], problems: redisIsOne }];

function redisIsOne({ redis }: Sections, isSound: IsSound): Problem[] {
  const kinds = ["url", "sentinel", "cluster"] as const;
  const given = kinds.filter((key) => redis[key] !== undefined);
  if (given.length === 1 || !kinds.every((key) => isSound(["redis", key]))) return [];
  return [{ path: ["redis"], given: given.join(" and ") || "none", expected: "exactly one of url, sentinel, cluster" }];
}
