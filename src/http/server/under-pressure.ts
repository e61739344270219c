/** @fastify/under-pressure: says no early while this process is late, instead of making everybody wait. */
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import type { HttpConfig } from "../config.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Decides by itself what happens under pressure; `undefined` as result lets the request through. */
    pressureHandler?: () => undefined;
  }
}

/** New calls are shed first; who types a code that has already arrived is served up to this many times the figure. */
const shedAllFactor = 5;
/**
 * The delay is the mean of this long, at least. Shorter ones take one pause (start-up, garbage, a busy neighbour) for overload:
 * at 250 ms a single pause of 200 ms shed calls of an idle gateway.
 */
const sampleMs = 1000;
const comeBackMs = 1000;

/** For probes: a process that is only busy must not be taken for dead. */
export const neverShed = { pressureHandler: () => undefined } as const;

export async function registerUnderPressure(
  server: FastifyInstance,
  { shed_at_delay_ms: shedCallsAtMs }: Pick<HttpConfig, "shed_at_delay_ms">,
): Promise<void> {
  await server.register(underPressure, {
    maxEventLoopDelay: shedCallsAtMs,
    // A sample in which no turn of the loop could be measured counts as endlessly late: it must be so long that this is
    // more than what is allowed, or one pause of a second sheds everything.
    sampleInterval: Math.max(sampleMs, 2 * shedCallsAtMs),
    pressureHandler: async (request, _reply, _type, delayMs = 0) => {
      if (delayMs < shedAllFactor * shedCallsAtMs && request.routeOptions.config.placesCall !== true) return;
      request.quiet = true;
      throw new Refusal("capacity", "This gateway is overloaded.", comeBackMs);
    },
  });
}
