/** A draft as bytes. */
import type { Draft } from "./values.ts";

/** Whether the bytes after the answer are another request's: a body of the wrong length leaves that open. */
export function isWhole({ framing, headers }: Draft): boolean {
  const odd = ["content-length", "transfer-encoding", "upgrade", "connection", "expect", "te"];
  return (framing === "length" || framing === "chunked") && !headers.some(([name]) => odd.includes(name));
}

export function bytesOf(draft: Draft): Buffer {
  const body = draft.raw ?? (draft.body === undefined ? null : Buffer.from(JSON.stringify(draft.body) ?? ""));
  const query = draft.query.map((pair) => pair.map(encodeText).join("=")).join("&");
  const headers = [...draft.headers];
  if (body !== null && !headers.some(([name]) => name === "content-type"))
    headers.push(["content-type", "application/json"]);
  const [length, content] = body === null ? [[], Buffer.alloc(0)] : framed(body, draft);
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const target = query === "" ? draft.path : `${draft.path}?${query}`;
  return Buffer.concat([Buffer.from(`${draft.method} ${target} HTTP/1.1\r\n${lines}\r\n`, "latin1"), content]);
}

/** A lone surrogate has no UTF-8. */
const encodeText = (text: string) => encodeURIComponent(text.toWellFormed());

function framed(body: Buffer, { framing }: Draft): [[string, string][], Buffer] {
  const size = (bytes: number): [string, string][] => [["content-length", String(Math.max(0, bytes))]];
  const chunked: [string, string][] = [["transfer-encoding", "chunked"]];
  switch (framing) {
    case "length":
      return [size(body.length), body];
    case "short":
      return [size(body.length - 1), body];
    case "long":
      return [size(body.length + 1), body];
    case "broken":
      return [chunked, Buffer.concat([Buffer.from("zz\r\n"), body])];
    case "chunked": {
      const half = Math.floor(body.length / 2);
      const parts = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0);
      const chunks = parts.flatMap((part) => [
        Buffer.from(`${part.length.toString(16)}\r\n`),
        part,
        Buffer.from("\r\n"),
      ]);
      return [chunked, Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")])];
    }
  }
}
