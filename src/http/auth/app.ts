/** Which app sent a request. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AppDirectory } from "../../apps/directory.ts";
import type { AppIdentity } from "../../apps/principal.ts";
import { permits, type ScopeNeed, scopesInWords } from "../../apps/scopes.ts";
import { Refusal } from "../../shared/refusal.ts";
import { holderOf, tokenRefusal } from "./client-token.ts";
import { unauthorized } from "./no-key.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The app, once its key is recognised; null: unknown. */
    app: AppIdentity | null;
  }
  interface FastifyContextConfig {
    /** A route of apps that also takes an operator's key: then `app` is null and `operator` is set. */
    alsoOperators?: boolean;
    /** What an app's key must permit here, judged before the body is read. Every route of apps names it. */
    scope?: ScopeNeed;
  }
}

/**
 * Every route of this scope needs an API key, or with `alsoOperators` an operator's. The rate limit runs after the app is known and before requests without a
 * valid key are refused: it counts apps and operators by name, others by address.
 */
export function requireApp(
  scope: FastifyInstance,
  findApp: AppDirectory["find"],
  findOperator: (authorization: string | undefined) => string | null = () => null,
): void {
  scope.addHook("onRequest", (request, _reply, done) => {
    const { authorization } = request.headers;
    request.app = findApp(authorization);
    request.holder = holderOf(request.app);
    if (request.app === null && request.routeOptions.config.alsoOperators === true) {
      request.operator = findOperator(authorization);
    }
    done();
  });
  scope.addHook("onRequest", scope.rateLimit());
  scope.addHook("onRequest", (request, _reply, done) => {
    if (request.app === null) return done(request.operator === null ? noKey(request) : undefined);
    if (request.app.client !== null) return done(tokenRefusal(request) ?? undefined);
    const need = request.routeOptions.config.scope;
    done(need === undefined || permits(request.app.scopes, need) ? undefined : tooLittle(need));
  });
  scope.addHook("onRoute", ({ method, url, config }) => {
    if (config?.scope !== undefined) return;
    throw new Error(`the route ${String(method)} ${url} names no scope (config.scope)`);
  });
}

/** The app of a request in a scope that requires one. @throws {Refusal} unauthorized, if a route is outside one */
export function appOf(request: FastifyRequest): AppIdentity {
  if (request.app === null) throw noKey(request);
  return request.app;
}

function tooLittle(need: ScopeNeed): Refusal {
  return new Refusal("forbidden", `This API key lacks the scope ${scopesInWords(need)}.`);
}

/** The request has no key that is valid now. */
export function noKey({ headers }: Pick<FastifyRequest, "headers">): Refusal {
  return unauthorized(headers.authorization, "API key");
}
