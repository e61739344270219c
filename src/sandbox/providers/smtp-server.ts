/**
 * A small SMTP server (RFC 5321 with STARTTLS, AUTH PLAIN and LOGIN, PIPELINING, 8BITMIME, SMTPUTF8, SIZE, enhanced
 * status codes) for loopback: every reply can be replaced, withheld, or turned into a lost connection.
 */
import net from "node:net";
import type { SmtpServerOptions } from "./smtp-server-port.ts";
import { SmtpServerSession } from "./smtp-server-session.ts";

const maxConnections = 100;

export interface SmtpServer {
  readonly port: number;
  /** Open connections. */
  connections(): number;
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1. @param port default: a free one @throws where it cannot */
export async function startSmtpServer(options: SmtpServerOptions, port = 0): Promise<SmtpServer> {
  const sessions = new Set<SmtpServerSession>();
  const server = net.createServer((socket) => {
    const session = new SmtpServerSession(socket, options);
    sessions.add(session);
    socket.once("close", () => sessions.delete(session));
    session.start();
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as net.AddressInfo).port,
    connections: () => sessions.size,
    stop() {
      for (const session of sessions) session.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
