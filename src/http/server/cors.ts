/**
 * Which pages may call the API from a browser (CORS, fetch.spec.whatwg.org): those of `http.cors_origins` every route of apps;
 * those of an app's `cors_origins` the routes that take tokens of clients, for that app.
 */
import type { FastifyInstance } from "fastify";
import type { AppOrigins } from "../../apps/origins.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { HttpConfig } from "../config.ts";

const allowOrigin = "access-control-allow-origin";
const exposed = "retry-after, ratelimit, ratelimit-policy, x-request-id";
const methods = "access-control-allow-methods";
/** Of the routes that take tokens. */
const methodsOfClients = "GET, POST";
const methodsOfApps = "GET, POST, PUT, PATCH, DELETE";
const preflight = {
  "access-control-allow-headers": "authorization, content-type, idempotency-key, last-event-id",
  "access-control-max-age": "600",
  "content-length": "0",
};

/**
 * Lets pages read answers, errors too. Call it before the routes are registered, and before the hooks that may refuse: without
 * these headers a page sees neither `code` nor Retry-After of a refusal, only that its request failed.
 */
export function installCors(server: FastifyInstance, http: HttpConfig, origins: AppOrigins): void {
  const everywhere = new Set(http.cors_origins);
  const forClients = new Set<string>();
  server.addHook("onRoute", ({ url, config }) => {
    if (config?.clientToken !== undefined) forClients.add(url);
  });
  server.addHook("onRequest", (request, reply, done) => {
    const { url = "" } = request.routeOptions;
    const takesClients = forClients.has(url);
    if (!takesClients && !(everywhere.size > 0 && isOfApps(url))) return done();
    reply.header("vary", "Origin");
    const { origin } = request.headers;
    if (origin === undefined) return done();
    // A preflight has no key: any app's origin will do. The request itself is judged by its app's, in `judgeOrigins`.
    if (!everywhere.has(origin) && !(takesClients && origins.anyAllows(origin))) return done();
    reply.header(allowOrigin, origin).header("access-control-expose-headers", exposed);
    done();
  });
}

/** Answers preflights of the pages that `installCors` lets in. Under load too: what follows may be shed, and then says so. */
export function answerPreflights(server: FastifyInstance, { cors_origins: everywhere }: HttpConfig): void {
  server.addHook("onRequest", (request, reply, done) => {
    const { origin = "", "access-control-request-method": method } = request.headers;
    if (request.method !== "OPTIONS" || method === undefined || !reply.hasHeader(allowOrigin)) return done();
    reply.header(methods, everywhere.includes(origin) ? methodsOfApps : methodsOfClients);
    reply.code(204).headers(preflight).send();
  });
}

/** In a scope whose requests have an app by now: an origin must be that app's, or one of `http.cors_origins`. */
export function judgeOrigins(scope: FastifyInstance, http: HttpConfig, origins: AppOrigins): void {
  scope.addHook("onRequest", ({ app, headers: { origin } }, reply, done) => {
    if (origin === undefined || app === null) return done();
    if (http.cors_origins.includes(origin) || origins.allows(app.name, origin)) return done();
    reply.removeHeader(allowOrigin);
    if (app.client === null) return done();
    const page = JSON.stringify(origin.slice(0, 80));
    done(new Refusal("forbidden", `Pages of ${page} may not use this app's tokens (cors_origins of the app).`));
  });
}

function isOfApps(url: string): boolean {
  return url.startsWith("/v1/") && !url.startsWith("/v1/admin/");
}
