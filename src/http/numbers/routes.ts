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
          summary: "Look a number up",
          description:
            "Places no call and costs nothing. An invalid number is a result (`valid: false`), not an error.",
          tags: ["numbers"],
          security: [{ apiKey: [] }],
          body: LookupBody,
          response: { 200: { ...NumberBody, description: "The result." } },
        },
        config: { scope: "lookup" },
      },
      async (request) => {
        const { number, country = null } = request.body;
        return numberBody(numbers.examine(number, country, appOf(request)));
      },
    );
  };
}
