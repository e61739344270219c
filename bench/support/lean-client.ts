/**
 * Posts JSON over kept connections for less CPU than node:http takes: the load shares its cores with what it measures.
 * Knows only what a gateway answers: HTTP/1.1, Content-Length.
 */
import { connect, type Socket } from "node:net";

const answerDeadlineMs = 5000;

export interface LeanClient {
  /** @returns the body of a 201 @throws for any other answer, and where none comes */
  post(body: string): Promise<string>;
  close(): void;
}

interface Waiting {
  readonly body: string;
  readonly resolve: (answer: string) => void;
  readonly reject: (error: Error) => void;
}

/** @param connections open at once; what comes beyond waits for one that is free */
export function leanClient(url: URL, headers: Readonly<Record<string, string>>, connections: number): LeanClient {
  const head = [`POST ${url.pathname} HTTP/1.1`, `host: ${url.host}`, "content-type: application/json"];
  for (const [name, value] of Object.entries(headers)) head.push(`${name}: ${value}`);
  const queue: Waiting[] = [];
  const free: Socket[] = [];
  const current = new Map<Socket, Waiting>();
  let closed = false;
  const received = new Map<Socket, string>();

  function send(socket: Socket, waiting: Waiting): void {
    current.set(socket, waiting);
    socket.write(`${head.join("\r\n")}\r\ncontent-length: ${waiting.body.length}\r\n\r\n${waiting.body}`);
  }

  function settle(socket: Socket, status: number, body: string): void {
    const waiting = current.get(socket);
    current.delete(socket);
    const next = queue.shift();
    if (next) send(socket, next);
    else free.push(socket);
    if (status === 201) waiting?.resolve(body);
    else waiting?.reject(new Error(`${status}: ${body}`));
  }

  function read(socket: Socket, chunk: string): void {
    // An answer without a request is the 408 with which a gateway closes an idle connection.
    if (!current.has(socket)) return;
    const text = (received.get(socket) ?? "") + chunk;
    const bodyAt = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
    if (bodyAt < 4 || text.length < bodyAt + length) {
      received.set(socket, text);
      return;
    }
    received.delete(socket);
    settle(socket, Number(text.slice(9, 12)), text.slice(bodyAt, bodyAt + length));
  }

  function open(): void {
    const socket = connect(Number(url.port), url.hostname).setNoDelay(true).setEncoding("latin1");
    free.push(socket);
    socket.on("data", (chunk) => read(socket, String(chunk)));
    socket.on("error", (error) => current.get(socket)?.reject(error));
    socket.on("close", () => {
      current.get(socket)?.reject(new Error("the gateway closed the connection"));
      current.delete(socket);
      received.delete(socket);
      const at = free.indexOf(socket);
      if (at >= 0) free.splice(at, 1);
      // It closes idle connections.
      if (!closed) open();
    });
    socket.setTimeout(answerDeadlineMs, () => {
      if (current.has(socket)) socket.destroy(new Error("no answer from the gateway"));
    });
  }
  for (let i = 0; i < connections; i++) open();

  return {
    post: (body) =>
      new Promise((resolve, reject) => {
        const waiting = { body, resolve, reject };
        const socket = free.pop();
        if (socket) send(socket, waiting);
        else queue.push(waiting);
      }),
    close() {
      closed = true;
      for (const socket of [...free, ...current.keys()]) socket.destroy();
    },
  };
}
