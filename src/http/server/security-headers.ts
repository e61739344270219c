/** Headers for answers that are data, not pages (OWASP REST Security Cheat Sheet). */
import type { FastifyInstance, FastifyReply } from "fastify";

export const securityHeaders: readonly (readonly [string, string])[] = [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/**
 * Constant, so set directly: helmet rebuilds its middleware for every request, which costs more than a whole check.
 */
export function setSecurityHeaders(reply: FastifyReply): void {
  for (const [name, value] of securityHeaders) reply.header(name, value);
}

/** Sets them on every answer of a scope. */
export function installSecurityHeaders(scope: FastifyInstance): void {
  scope.addHook("onRequest", (_request, reply, done) => {
    setSecurityHeaders(reply);
    done();
  });
}
