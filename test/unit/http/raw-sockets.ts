/** Bytes on a real connection, and what comes back. */
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import type { FastifyInstance } from "fastify";
import type { TestServerOptions } from "./support.ts";
import { testServer } from "./support.ts";

export async function listening(
  options: TestServerOptions = {},
): Promise<{ server: FastifyInstance; port: number; log: string[] }> {
  const { server, log } = await testServer(options);
  await server.listen({ host: "127.0.0.1", port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { server, port, log };
}

/** Sends bytes and returns all that comes back until the connection closes. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  socket.on("error", () => undefined);
  socket.write(bytes);
  await once(socket, "close");
  return received;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: assertions say what it holds
  readonly body: any;
}

/** The answers on one connection, in their order. Bodies need Content-Length. */
export function answersIn(received: string): RawAnswer[] {
  const found: RawAnswer[] = [];
  for (let rest = received; rest !== ""; ) {
    const end = rest.indexOf("\r\n\r\n");
    const [statusLine = "", ...lines] = rest.slice(0, end).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const length = Number(headers["content-length"] ?? 0);
    const text = rest.slice(end + 4, end + 4 + length);
    found.push({ status: Number(statusLine.split(" ")[1]), headers, body: text === "" ? null : JSON.parse(text) });
    rest = rest.slice(end + 4 + length);
  }
  return found;
}
