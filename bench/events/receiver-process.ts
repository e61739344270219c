/**
 * The receiver of all sides: answers each POST with 204 and counts. For less CPU than node:http takes, since it shares its
 * cores with what is measured; it knows only what senders of the bench send: HTTP/1.1 with Content-Length.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { Done, Order, Ready } from "./protocol.ts";

const answer = "HTTP/1.1 204 No Content\r\n\r\n";
let came = 0;
let expected = Number.POSITIVE_INFINITY;

function receive(socket: Socket): void {
  let received = "";
  // One character a byte, as Content-Length counts.
  socket.setNoDelay(true).setEncoding("latin1");
  socket.on("data", (chunk) => {
    received += String(chunk);
    for (;;) {
      const bodyAt = received.indexOf("\r\n\r\n") + 4;
      if (bodyAt < 4) return;
      const length = Number(/\r\ncontent-length: (\d+)\r\n/i.exec(received.slice(0, bodyAt))?.[1]);
      if (Number.isNaN(length)) return void socket.destroy();
      if (received.length < bodyAt + length) return;
      received = received.slice(bodyAt + length);
      socket.write(answer);
      came += 1;
      if (came === expected) process.send?.({ done: came } satisfies Done);
    }
  });
  // A sender that is killed at the end resets its connections.
  socket.on("error", () => socket.destroy());
}

const server = createServer(receive);
process.on("message", ({ events }: Order) => {
  came = 0;
  expected = events;
});
process.on("disconnect", () => process.exit());
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port } satisfies Ready);
});
