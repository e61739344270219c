import type { FastifyPluginAsync } from "fastify";

/** `/openapi.json`: the document, written once. */
export const documentRoute: FastifyPluginAsync = async (scope) => {
  let document: string | null = null;
  scope.get("/openapi.json", { schema: { hide: true }, onRequest: scope.rateLimit() }, async (_request, reply) => {
    document ??= JSON.stringify(scope.swagger());
    reply.header("content-type", "application/json; charset=utf-8");
    return document;
  });
};
