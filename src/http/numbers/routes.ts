import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Numbers } from "../../numbers/ports.ts";
import { appOf } from "../auth/app.ts";
import { numberBody } from "./representation.ts";
import { LookupBody, NumberBody } from "./schemas.ts";

export function numberRoutes(numbers: Numbers): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/numbers/lookup",
      {
        schema: {
          operationId: "lookupNumber",
          summary: "What is known of a number",
          description: "Rings nothing and costs nothing. Invalid numbers are an answer (`valid: false`), not an error.",
          tags: ["numbers"],
          security: [{ apiKey: [] }],
          body: LookupBody,
          response: { 200: { ...NumberBody, description: "What is known." } },
        },
      },
      async (request) => {
        const { number, country = null } = request.body;
        return numberBody(numbers.examine(number, country, appOf(request).allowedCountries));
      },
    );
  };
}
