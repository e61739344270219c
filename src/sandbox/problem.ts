/** Problems (RFC 9457) of the sandbox's own routes. Their codes exist in the sandbox only, not in the API's contract. */
import type { FastifyReply } from "fastify";

/** Answers with a problem. @param code stable, snake_case @param detail what is wrong and what to do */
export function problem(reply: FastifyReply, status: number, code: string, detail: string): FastifyReply {
  const type = `urn:onering:problem:${code}`;
  return reply
    .code(status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify({ type, title: code.replaceAll("_", " "), status, detail, code }));
}
