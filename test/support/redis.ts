/** A private Redis that can also crash. */
import type { Program } from "../../src/local/fetch/programs.ts";
import { type RedisServer, startRedis } from "../../src/local/redis-server.ts";

export interface TestRedis extends RedisServer {
  /** Ends it as a crash would, and removes its folder. */
  kill(): Promise<void>;
}

export async function startTestRedis(program: Program, options?: Parameters<typeof startRedis>[1]): Promise<TestRedis> {
  const server = await startRedis(program, options);
  const kill = async () => {
    await server.child.kill();
    await server.stop();
  };
  return { ...server, kill };
}

/**
 * Settings of a client that waits longer than a busy machine may take. What is refused for a shorter deadline is often written again
 * by the world's clock, which stands still.
 */
export const patientRedis = (url: string) => ({ url, command_timeout_ms: 10_000 });
