/** @fastify/helmet for the pages (docs, sandbox). The API's responses are not pages: see security-headers.ts. */
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";

/** Everything that a page needs comes from this server; no inline script runs; no page may frame it. */
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
    // Whether this host uses TLS only is known to the proxy in front.
    strictTransportSecurity: false,
  });
}
