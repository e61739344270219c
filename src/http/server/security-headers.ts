/** Headers for answers that are data, not pages (OWASP REST Security Cheat Sheet). */
import type { FastifyInstance, FastifyReply } from "fastify";

const headers: readonly (readonly [string, string])[] = [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'"],
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/**
 * Constant, so set as they are: helmet rebuilds all of its middleware for every request, which costs more than the
 * rest of a check.
 */
export function setSecurityHeaders(reply: FastifyReply): void {
  for (const [name, value] of headers) reply.header(name, value);
}

/** Sets them on every answer of a scope. */
export function installSecurityHeaders(scope: FastifyInstance): void {
  scope.addHook("onRequest", (_request, reply, done) => {
    setSecurityHeaders(reply);
    done();
  });
}
