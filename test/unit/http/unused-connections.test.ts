import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { testServer } from "./support.ts";

it("closing does not wait for a connection on which no request ever came", async () => {
  const { server } = await testServer({});
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const accepted = once(server.server, "connection");
  const socket = connect(port, "127.0.0.1");
  await accepted;
  const closed = once(socket, "close");
  await server.close();
  await closed;
  expect(socket.destroyed).toBe(true);
  // Otherwise it took 90 s.
}, 30_000);
