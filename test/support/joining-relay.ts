/** A TCP relay on loopback that passes on what the server sends within a moment in one piece, as a busy path does. */
import net from "node:net";

export interface JoiningRelay {
  readonly port: number;
  close(): Promise<void>;
}

/** Longer than a carrier takes between two messages that it sends one after the other, much shorter than its pauses. */
const holdMs = 40;

/** @param targetPort of the server on 127.0.0.1 */
export async function startJoiningRelay(targetPort: number): Promise<JoiningRelay> {
  const sockets = new Set<net.Socket>();
  const listener = net.createServer((client) => {
    const server = net.connect(targetPort, "127.0.0.1");
    let held: Buffer[] = [];
    client.on("data", (data) => server.write(data));
    server.on("data", (data) => {
      held.push(data);
      if (held.length > 1) return;
      setTimeout(() => {
        client.write(Buffer.concat(held));
        held = [];
      }, holdMs);
    });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  return {
    port: (listener.address() as net.AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
