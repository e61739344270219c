/** A gateway that has its port but not yet its connections: requests wait for these instead of being refused. */
import type { FastifyInstance } from "fastify";

/** @param started resolves within the bounds of the first attempts to connect, whether they succeed or not */
export function holdUntil(scope: FastifyInstance, started: Promise<void>): void {
  let open = false;
  void started.then(() => {
    open = true;
  });
  scope.addHook("onRequest", (_request, _reply, done) => {
    if (open) done();
    else void started.then(() => done());
  });
}
