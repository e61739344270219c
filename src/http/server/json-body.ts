import type { FastifyInstance } from "fastify";

/**
 * JSON is the only body this API reads. An empty one counts as none: many clients send `Content-Type: application/json`
 * with every POST. `__proto__` and `constructor.prototype` as keys are refused.
 */
export function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body.length === 0) return done(null, undefined);
    parse(request, body, done);
  });
}
