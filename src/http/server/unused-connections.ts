/** Connections without any request yet: browsers and load balancers open some in advance. */
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Closes them when the server closes. Node counts only connections that had a request as idle, so one of these would
 * delay `close()` until our own limit of an idle connection, 90 s.
 */
export function closeUnusedConnections(server: FastifyInstance): void {
  const unused = new Set<Socket>();
  let closing = false;
  server.server.on("connection", (socket: Socket) => {
    // Accepted between `preClose` and the end of listening.
    if (closing) return void socket.destroy();
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.server.on("request", (request) => unused.delete(request.socket));
  server.addHook("preClose", async () => {
    closing = true;
    for (const socket of unused) socket.destroy();
  });
}
