/** Requests that are under way when the server closes. */
import type { FastifyInstance } from "fastify";
import type { Clock } from "../../shared/clock.ts";

/** Part of what a stop may take on top of the drain (commands/signals.ts). A check takes milliseconds. */
const lastRequestsMs = 1000;

/**
 * Breaks off what is still under way 1 s after `close()` began. Node keeps no limits of requests then: one half of a request, or
 * a client that reads no more of an answer, would hold it until our own limit of an idle connection, 90 s.
 */
export function boundLastRequests(server: FastifyInstance, clock: Clock): void {
  server.addHook("preClose", async () => {
    if (!server.server.listening) return;
    const stopTimer = clock.after(lastRequestsMs, () => server.server.closeAllConnections());
    server.server.once("close", stopTimer);
  });
}
