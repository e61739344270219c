/** A TCP proxy on loopback that breaks connections on demand: stands between a driver and its Asterisk in tests. */
import net from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and lets no new one through, as a server that is gone. */
  cut(): void;
  /** Keeps all connections and passes nothing on in either direction, as a dead link; new ones hang too. */
  blackHole(): void;
  /** Passes on again: what was held back comes through late, as from a server that hung. */
  restore(): void;
  /** Passes on what clients send, holds back what the server answers on connections other than the WebSocket. */
  holdAnswers(): void;
  /** Sends bytes to the client of the newest WebSocket, as if the server had. */
  inject(bytes: Buffer): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  webSocket: boolean;
}

type Mode = "pass" | "cut" | "black_hole" | "hold_answers";

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startTcpProxy(targetPort: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let mode: Mode = "pass";

  /** Stops or lets flow each direction, as the mode says. */
  function apply(pair: Pair): void {
    const fromClient = mode === "black_hole";
    const fromServer = mode === "black_hole" || (mode === "hold_answers" && !pair.webSocket);
    if (fromClient) pair.client.pause();
    else pair.client.resume();
    if (fromServer) pair.server.pause();
    else pair.server.resume();
  }

  function set(next: Mode): void {
    mode = next;
    for (const pair of [...pairs]) {
      if (mode === "cut") pair.client.resetAndDestroy();
      else apply(pair);
    }
  }

  const listener = net.createServer((client) => {
    if (mode === "cut") {
      client.resetAndDestroy();
      return;
    }
    const server = net.connect(targetPort, "127.0.0.1");
    const pair: Pair = { client, server, webSocket: false };
    pairs.add(pair);
    client.on("data", (data) => {
      if (/^upgrade: *websocket/im.test(data.toString("latin1"))) pair.webSocket = true;
      server.write(data);
    });
    server.on("data", (data) => client.write(data));
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
    apply(pair);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  return {
    port: (listener.address() as net.AddressInfo).port,
    cut: () => set("cut"),
    blackHole: () => set("black_hole"),
    restore: () => set("pass"),
    holdAnswers: () => set("hold_answers"),
    inject(bytes) {
      const newest = [...pairs].filter((pair) => pair.webSocket).at(-1);
      if (newest === undefined) throw new Error("no WebSocket goes through the proxy");
      newest.client.write(bytes);
    },
    close() {
      for (const pair of [...pairs]) pair.client.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
