/** Graceful shutdown: requests and calls in progress complete, no new calls are accepted. */
import type { FastifyInstance } from "fastify";
import { Refusal } from "../../shared/refusal.ts";

declare module "fastify" {
  interface FastifyInstance {
    /**
     * From now on new calls are refused with 503 and Retry-After, /readyz says `draining`, and every response closes its
     * connection so that clients connect elsewhere. Checks and reads go on until `close()`. Cannot be undone.
     */
    startDraining(): void;
  }
  interface FastifyContextConfig {
    /** The route places a call. */
    placesCall?: boolean;
  }
}

/** Behind a load balancer another process answers at once; a single one needs some seconds to restart. */
const comeBackMs = 5000;

/** @returns whether draining has begun */
export function installDrain(server: FastifyInstance): () => boolean {
  let draining = false;
  const startDraining = () => {
    draining = true;
  };
  server.decorate("startDraining", startDraining);
  server.addHook("preClose", async () => startDraining());
  server.addHook("onRequest", (request, reply, done) => {
    if (!draining) return done();
    reply.header("connection", "close");
    if (request.routeOptions.config.placesCall !== true) return done();
    done(new Refusal("capacity", "This gateway is shutting down and accepts no new calls.", comeBackMs));
  });
  return () => draining;
}
