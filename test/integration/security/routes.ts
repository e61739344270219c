/** The routes of a gateway as its server has them, not as anyone listed them. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { FastifyInstance } from "fastify";

export interface ServedRoute {
  readonly method: string;
  /** With its parameters as `:name`. */
  readonly url: string;
}

/**
 * Call it before the gateway is built; Fastify tells of each server that is made (channel `fastify.initialization`).
 * @returns ends that, and gives what was registered, without HEAD beside a GET and the answers to other methods
 */
export function watchRoutes(): () => readonly ServedRoute[] {
  const routes: ServedRoute[] = [];
  const watch = (message: unknown) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook("onRoute", ({ method, url }) => {
      const methods = [method].flat();
      // What src/http/errors/method-not-allowed.ts adds to each path.
      const isRest = methods.length > 2 || methods.includes("OPTIONS");
      if (!isRest) routes.push(...methods.filter((one) => one !== "HEAD").map((one) => ({ method: one, url })));
    });
  };
  subscribe("fastify.initialization", watch);
  return () => {
    unsubscribe("fastify.initialization", watch);
    return routes;
  };
}
