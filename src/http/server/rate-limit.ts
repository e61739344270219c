/** @fastify/rate-limit: a limit for runaway clients. The limits that protect callees belong to the domain. */
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { Refusal } from "../../shared/refusal.ts";
import type { HttpConfig } from "../config.ts";

/** Apps and addresses counted at the same time; the least recently seen is dropped first. */
const maxCounted = 10_000;
const windowMs = 60_000;

/**
 * Adds `server.rateLimit()`; applies to no route by itself, because it must run after the app is known.
 * Each gateway process counts separately.
 */
export async function registerRateLimit(server: FastifyInstance, http: HttpConfig): Promise<void> {
  await server.register(rateLimit, {
    global: false,
    max: http.rate_limit_per_minute,
    timeWindow: windowMs,
    cache: maxCounted,
    enableDraftSpec: true,
    keyGenerator: (request) => {
      // Pages are strangers: their requests must not use up what their app's backend may send.
      if (request.holder !== null) return `client ${rateLimit.normalizeIP(request.ip)}`;
      if (request.app !== null) return `app ${request.app.name}`;
      return request.operator === null
        ? `address ${rateLimit.normalizeIP(request.ip)}`
        : `operator ${request.operator}`;
    },
    onExceeded: (request) => {
      request.quiet = true;
    },
    errorResponseBuilder: (_request, { ttl }) =>
      new Refusal("rate_limited", "Too many requests in this minute (http.rate_limit_per_minute).", ttl),
  });
}
