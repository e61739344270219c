/** The receiver of all sides: reads the body, answers 204 and counts. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Done, Order, Ready } from "./protocol.ts";

let came = 0;
let expected = Number.POSITIVE_INFINITY;

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    response.writeHead(204).end();
    came += 1;
    if (came === expected) process.send?.({ done: came } satisfies Done);
  });
});
server.keepAliveTimeout = 60_000;
process.on("message", ({ events }: Order) => {
  came = 0;
  expected = events;
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies Ready);
});
