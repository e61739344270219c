/** @fastify/under-pressure: sheds load while the event loop of this process is late, instead of delaying everyone. */
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import type { HttpConfig } from "../config.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Overrides what happens under pressure; `undefined` as result lets the request through. */
    pressureHandler?: () => undefined;
  }
}

/** New calls are shed first; everything else, such as a check, only at this many times the configured delay. */
const shedAllFactor = 5;
/**
 * The delay is a mean over at least this long. A shorter sample takes one pause (start-up, garbage collection, a busy
 * neighbour) for overload: at 250 ms a single pause of 200 ms shed calls of an idle gateway.
 */
const sampleMs = 1000;
const comeBackMs = 1000;

/** For probes: a busy process must not look dead. */
export const neverShed = { pressureHandler: () => undefined } as const;

export async function registerUnderPressure(
  server: FastifyInstance,
  { shed_at_delay_ms: shedCallsAtMs }: Pick<HttpConfig, "shed_at_delay_ms">,
): Promise<void> {
  await server.register(underPressure, {
    maxEventLoopDelay: shedCallsAtMs,
    // A sample without a measured event-loop iteration counts as infinitely late: it must be longer than the allowed
    // delay, or one pause of a second sheds everything.
    sampleInterval: Math.max(sampleMs, 2 * shedCallsAtMs),
    pressureHandler: async (request, _reply, _type, delayMs = 0) => {
      if (delayMs < shedAllFactor * shedCallsAtMs && request.routeOptions.config.placesCall !== true) return;
      request.quiet = true;
      throw new Refusal("capacity", "This gateway is overloaded.", comeBackMs);
    },
  });
}
