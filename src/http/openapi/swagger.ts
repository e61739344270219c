/** @fastify/swagger: the OpenAPI document, from the same schemas that validate and serialise. */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { completeDocument, type OpenApiDocument, type OperationErrors } from "./complete.ts";

declare module "fastify" {
  interface FastifyContextConfig extends OperationErrors {}
}

export async function registerSwagger(
  server: FastifyInstance,
  { sandbox, admin }: { readonly sandbox: boolean; readonly admin: boolean },
): Promise<void> {
  const errorsByOperation = new Map<string, OperationErrors>();
  await server.register(swagger, {
    // Routes of the API have tags; pages and the sandbox's own routes are not part of it.
    hideUntagged: true,
    openapi: {
      openapi: "3.1.0",
      info: {
        title: sandbox ? "OneRing (SANDBOX)" : "OneRing",
        version: "1",
        description: `Verifies that a person holds a phone number: by a missed call, a call in, a spoken or written code; also an e-mail address or a device.${sandbox ? " SANDBOX: no real phone is called; the API key is `sandbox-key`, an operator's `sandbox-operator-key`. [Sandbox page](/)" : ""}`,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: [
        {
          name: "verifications",
          description: "Prove that a person holds a phone number, an e-mail address or a device.",
        },
        { name: "numbers", description: "Classify a number without calling it." },
        { name: "events", description: "What happened, live." },
        { name: "records", description: "Detail records and statistics, also with an operator's key." },
        { name: "operation", description: "Liveness, readiness and metrics, for operators." },
        ...(admin ? [{ name: "administration", description: "For operators, with keys of their own." }] : []),
      ],
      components: {
        securitySchemes: {
          apiKey: { type: "http", scheme: "bearer", description: "An app's API key." },
          clientToken: { type: "http", scheme: "bearer", description: "The verification's own client token." },
          startToken: { type: "http", scheme: "bearer", description: "A start token, for one start by a page." },
          ...(admin && { operatorKey: { type: "http", scheme: "bearer", description: "An operator's key." } }),
        },
      },
    },
    transformObject: (document) => {
      if (!("openapiObject" in document)) throw new Error("only OpenAPI 3 is generated");
      return completeDocument(document.openapiObject as OpenApiDocument, errorsByOperation);
    },
  });
  server.addHook("onRoute", ({ schema, config }) => {
    const operationId = (schema as { operationId?: string } | undefined)?.operationId;
    if (operationId !== undefined) errorsByOperation.set(operationId, config ?? {});
  });
}
