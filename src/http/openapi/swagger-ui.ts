/** @fastify/swagger-ui: the reference at /docs. All of it is served from here. */
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";

export async function registerSwaggerUi(scope: FastifyInstance, sandbox: boolean): Promise<void> {
  await scope.register(swaggerUi, {
    routePrefix: "/docs",
    theme: { title: sandbox ? "OneRing API (SANDBOX)" : "OneRing API" },
    uiConfig: { layout: "BaseLayout", docExpansion: "list", persistAuthorization: false, validatorUrl: null },
  });
}
