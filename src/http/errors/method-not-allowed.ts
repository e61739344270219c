/**
 * `Allow` for the methods of a known path (RFC 9110 §10.2.1): in 405 to another method (§15.5.6), and in 204 to OPTIONS
 * (§9.3.7). Fastify alone would respond 404 to both.
 */
import type { FastifyInstance } from "fastify";
import { setSecurityHeaders } from "../server/security-headers.ts";
import { RequestRefusal } from "./request-refusal.ts";

/**
 * Collects the path of every route registered after this.
 * @returns adds the answers; call it after the last route
 */
export function collectPaths(server: FastifyInstance): () => void {
  const urls = new Set<string>();
  server.addHook("onRoute", ({ url }) => {
    // A wildcard covers paths that may not exist (static files): 404 is right there.
    if (!url.includes("*")) urls.add(url);
  });

  return () => {
    for (const url of [...urls]) {
      const known = server.supportedMethods.filter((method) => server.hasRoute({ method, url }));
      const allow = [...known, "OPTIONS"].sort().join(", ");
      server.route({
        method: "OPTIONS",
        url,
        schema: { hide: true },
        onRequest: server.rateLimit(),
        handler: async (_request, reply) => {
          setSecurityHeaders(reply);
          return reply.code(204).header("allow", allow).send();
        },
      });
      const others = server.supportedMethods.filter((method) => !known.includes(method) && method !== "OPTIONS");
      server.route({
        method: others,
        url,
        schema: { hide: true },
        onRequest: [
          server.rateLimit(),
          (_request, reply, done) => {
            reply.header("allow", allow);
            done(new RequestRefusal(405, `Method not allowed for this path; allowed: ${allow}.`));
          },
        ],
        handler: async () => undefined,
      });
    }
  };
}
