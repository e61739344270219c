/** @fastify/swagger: the OpenAPI document, from the same schemas that validate and serialise. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import type { ProblemCode } from "../errors/problems.ts";
import { completeDocument, type OpenApiDocument } from "./complete.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Codes with which the route may refuse, beside those that every route has. */
    problems?: readonly ProblemCode[];
  }
}

export async function registerSwagger(
  server: FastifyInstance,
  { sandbox, admin }: { readonly sandbox: boolean; readonly admin: boolean },
): Promise<void> {
  const problemsByOperation = new Map<string, readonly ProblemCode[]>();
  await server.register(swagger, {
    // Ours have tags; pages and the sandbox's own routes are no part of the API.
    hideUntagged: true,
    openapi: {
      openapi: "3.1.0",
      info: {
        title: sandbox ? "OneRing (SANDBOX)" : "OneRing",
        version: "1",
        description: `Proves that a person holds a phone number by ringing it once.${sandbox ? " SANDBOX: no real phone rings; the API key is `sandbox-key`." : ""}`,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: [
        { name: "verifications", description: "Ring a number and check the code." },
        { name: "numbers", description: "What is known of a number without ringing it." },
        { name: "operation", description: "For those who run the gateway." },
        ...(admin
          ? [{ name: "administration", description: "For those who operate it, with keys of their own." }]
          : []),
      ],
      components: {
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: "An API key of an app." },
          ...(admin && { operatorKey: { type: "http", scheme: "bearer", description: "An operator's key." } }),
        },
      },
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) throw new Error("only OpenAPI 3 is generated");
      return completeDocument(document.openapiObject as OpenApiDocument, problemsByOperation);
    },
  });
  server.addHook("onRoute", ({ schema, config }) => {
    const operationId = (schema as { operationId?: string } | undefined)?.operationId;
    if (operationId !== undefined) problemsByOperation.set(operationId, config?.problems ?? []);
  });
}
