/** Bytes that never became a request: no route, no hooks, only a socket to answer on. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type Problem, problemKinds, problemMediaType, problemType } from "./problems.ts";

const kinds: Readonly<Record<string, { status: number; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: "The request did not arrive in time." },
  HPE_HEADER_OVERFLOW: { status: 431, detail: "The headers are too large." },
};
const malformed = { status: 400, detail: "This is not HTTP." };

/** Answers once and closes the connection: what follows on it cannot be trusted to be a request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const { status, detail } = kinds[error.code ?? ""] ?? malformed;
  if (socket.writable) {
    const problem: Omit<Problem, "instance"> = {
      type: problemType("invalid_request"),
      title: problemKinds.invalid_request.title,
      status,
      detail,
      code: "invalid_request",
    };
    const body = JSON.stringify(problem);
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  }
  socket.destroy(error);
}
