/** Which app sent a request. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { FindApp } from "../../apps/find-app.ts";
import type { AppIdentity } from "../../apps/principal.ts";
import { Refusal } from "../../shared/refusal.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The app, once its key is recognised; null: unknown. */
    app: AppIdentity | null;
  }
}

/**
 * Every route of this scope needs an API key. The rate limit runs after the app is known and before requests without a
 * valid key are refused: it counts apps by name, others by address.
 */
export function requireApp(scope: FastifyInstance, findApp: FindApp): void {
  scope.addHook("onRequest", (request, _reply, done) => {
    request.app = findApp(request.headers.authorization);
    done();
  });
  scope.addHook("onRequest", scope.rateLimit());
  scope.addHook("onRequest", (request, _reply, done) => {
    done(request.app === null ? noKey() : undefined);
  });
}

/** The app of a request in a scope that requires one. @throws {Refusal} unauthorized, if a route is outside one */
export function appOf(request: FastifyRequest): AppIdentity {
  if (request.app === null) throw noKey();
  return request.app;
}

function noKey(): Refusal {
  return new Refusal("unauthorized", "Send a valid API key in the header `Authorization: Bearer <key>`.");
}
