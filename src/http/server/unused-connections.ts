/** Connections on which no request ever came: browsers and load balancers open some ahead of need. */
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/**
 * Closes them when the server closes. Node counts only connections that had a request as idle, so one of these would
 * hold up `close()` for as long as its owner likes (measured: 90 s, our own limit of an idle connection).
 */
export function closeUnusedConnections(server: FastifyInstance): void {
  const unused = new Set<Socket>();
  let closing = false;
  server.server.on("connection", (socket: Socket) => {
    // Accepted between the beginning of the end and the end of listening.
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
