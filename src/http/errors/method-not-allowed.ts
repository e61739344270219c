/** 405 with `Allow` for a known path and another method (RFC 9110 §15.5.6): Fastify alone would respond 404. */
import type { FastifyInstance } from "fastify";
import { RequestRefusal } from "./request-refusal.ts";

/** Collects the path of every route registered after this. @returns adds the refusals; call it after the last route */
export function collectPaths(server: FastifyInstance): () => void {
  const urls = new Set<string>();
  server.addHook("onRoute", ({ url }) => {
    // A wildcard covers paths that may not exist (static files, preflights): 404 is right there.
    if (!url.includes("*")) urls.add(url);
  });

  return () => {
    for (const url of [...urls]) {
      const known = server.supportedMethods.filter((method) => server.hasRoute({ method, url }));
      const allow = known.sort().join(", ");
      // CORS answers OPTIONS on a wildcard route, which a separate route would hide.
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
