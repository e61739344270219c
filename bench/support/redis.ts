/** A Redis for one side of a bench. */
import type { Program } from "../../src/local/fetch/on-path.ts";
import { type RedisServer, startRedis } from "../../src/local/redis-server.ts";
import type { Parts } from "./parts.ts";

/** @param owner whose Redis it is, as it stands in the sentence that says it ended */
export async function startOwnRedis(parts: Parts, owner: string, program: Program): Promise<RedisServer> {
  const redis = await startRedis(program);
  const { exited } = redis.child;
  parts.add({ name: `Redis of ${owner}`, pid: redis.pid, exited, output: () => redis.child.output }, () =>
    redis.stop(),
  );
  return redis;
}
