/** @fastify/cors: only for the configured origins. */
import cors from "@fastify/cors";
import type { FastifyInstance } from "fastify";
import type { HttpConfig } from "../config.ts";

export async function registerCors(scope: FastifyInstance, http: HttpConfig): Promise<void> {
  if (http.cors_origins.length === 0) return;
  await scope.register(cors, {
    origin: http.cors_origins,
    methods: ["GET", "POST"],
    allowedHeaders: ["authorization", "content-type", "idempotency-key", "last-event-id"],
    exposedHeaders: ["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-request-id"],
    maxAge: 600,
    // Otherwise an OPTIONS request that is no preflight gets 400 with a text instead of a problem.
    strictPreflight: false,
  });
}

/** Whether CORS answers OPTIONS of this path, which is all below the scope that it is registered in. */
export function answersPreflights(http: HttpConfig, url: string): boolean {
  return http.cors_origins.length > 0 && url.startsWith("/v1/") && !url.startsWith("/v1/admin/");
}
