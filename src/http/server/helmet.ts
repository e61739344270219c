/** @fastify/helmet for the pages (docs, sandbox). The API's answers are no pages: see security-headers.ts. */
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** Everything a page needs comes from this server; nothing inline runs; nobody frames it. */
export async function registerHelmet(scope: FastifyInstance): Promise<void> {
  await scope.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // Whether this host speaks only TLS is for the proxy in front to say.
    strictTransportSecurity: false,
  });
}
