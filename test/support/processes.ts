/** Real programs for tests: started when first needed in a test file, ended after its last test. */
import { afterAll } from "vitest";
import { type AsteriskOptions, type AsteriskServer, startAsterisk } from "../../src/local/asterisk/asterisk.ts";
import { findPrograms } from "../../src/local/fetch/programs.ts";
import { startTestRedis, type TestRedis } from "./redis.ts";
import { type SippCarrier, type SippOptions, startSipp } from "./sipp.ts";

/** Starts programs for one test file. All of them end with it. */
export interface Runtime {
  /** A private Redis on loopback, empty; on a given port to bring one back. */
  redis(options?: { port?: number }): Promise<TestRedis>;
  /** A private Asterisk on loopback with these trunks. */
  asterisk(options: AsteriskOptions): Promise<AsteriskServer>;
  /** A SIPp carrier on loopback. */
  carrier(options: SippOptions): Promise<SippCarrier>;
}

/** Call it at the top of a test file. */
export function withRuntime(): Runtime {
  const started: { stop(): Promise<void> }[] = [];
  const track = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const program = await starting;
    started.push(program);
    return program;
  };
  afterAll(async () => {
    // The last started goes first: Asterisk ends its calls before the carrier is gone.
    for (const program of started.reverse()) await program.stop();
  });
  return {
    redis: async (options) => track(startTestRedis((await findPrograms()).redisServer, options)),
    asterisk: async (options) => track(startAsterisk((await findPrograms()).asterisk, options)),
    carrier: (options) => track(startSipp(options)),
  };
}
