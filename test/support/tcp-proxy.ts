/** A TCP proxy on loopback that breaks connections on demand: stands between a driver and its Asterisk in tests. */
import net from "node:net";
import { asServerMessage, type ServerMessages, type Speaks, serverMessages } from "./server-messages.ts";

export interface TcpProxy {
  readonly port: number;
  /** Breaks all connections and lets no new one through, as a server that is gone. */
  cut(): void;
  /** Keeps all connections and passes nothing on in either direction, as a dead link; new ones hang too. */
  blackHole(): void;
  /** Passes on again: what was held back comes through late, as from a server that hung. */
  restore(): void;
  /** Passes on what clients send and what the server tells, holds back what it answers. */
  holdAnswers(): void;
  /** Sends a message on the newest connection that events come on, as if the server had: JSON, or an AMI block. */
  inject(text: string): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: net.Socket;
  readonly server: net.Socket;
  readonly messages: ServerMessages;
  held: Buffer[];
}

type Mode = "pass" | "cut" | "black_hole" | "hold_answers";

/** Starts a proxy on a free port of 127.0.0.1 before a server that speaks what `speaks` says; `bytes`: whatever it is, it is passed on. */
export async function startTcpProxy(targetPort: number, speaks: Speaks | "bytes"): Promise<TcpProxy> {
  const pairs = new Set<Pair>();
  let mode: Mode = "pass";

  /** Stops or lets flow, as the mode says. */
  function apply(pair: Pair): void {
    for (const socket of [pair.client, pair.server]) {
      if (mode === "black_hole") socket.pause();
      else socket.resume();
    }
    if (mode !== "pass") return;
    for (const bytes of pair.held.splice(0)) pair.client.write(bytes);
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
    const pair: Pair = { client, server, messages: serverMessages(speaks), held: [] };
    pairs.add(pair);
    client.on("data", (data) => {
      pair.messages.fromClient(data);
      server.write(data);
    });
    server.on("data", (data) => {
      for (const { bytes, answer } of pair.messages.fromServer(data)) {
        if (answer && mode === "hold_answers") pair.held.push(bytes);
        else client.write(bytes);
      }
    });
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
    inject(text) {
      const newest = [...pairs].filter(({ messages }) => messages.tellsEvents).at(-1);
      if (newest === undefined) throw new Error("no connection that tells events goes through the proxy");
      newest.client.write(asServerMessage(speaks as Speaks, text));
    },
    close() {
      for (const pair of [...pairs]) pair.client.destroy();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
