/** A receiver of webhooks in a process of its own: records what it gets, and behaves as ordered over IPC. */
import { createServer } from "node:http";
import type { Behaviour, Received } from "./receiver.ts";

let behaviour: Behaviour = { kind: "ok" };
let received: Received[] = [];
let failures = 0;

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    const now = behaviour;
    const answer = (status: number, headers = {}, body = "") => response.writeHead(status, headers).end(body);
    const text = Buffer.concat(parts).toString("utf8");
    const isDelivered = now.kind === "ok" || now.kind === "slow";
    received.push({
      atMs: Date.now(),
      path: request.url ?? "",
      headers: request.headers as Record<string, string>,
      body: text,
      answered: isDelivered,
    });
    switch (now.kind) {
      case "ok":
        return answer(204);
      case "close":
        return answer(204, { connection: "close" });
      case "slow":
        return void setTimeout(() => answer(204), now.ms);
      case "status":
        return answer(now.status, now.headers ?? {});
      case "fail_first":
        return answer(failures++ < now.count ? 500 : 204);
      case "fail_if":
        return answer(text.includes(now.text) ? 500 : 204);
      case "hang":
        return;
      case "drip": {
        response.writeHead(200);
        const timer = setInterval(() => response.write("."), 20);
        response.once("close", () => clearInterval(timer));
        return;
      }
      case "large":
        return answer(200, {}, "x".repeat(1_000_000));
      case "reset":
        return void request.socket.destroy();
    }
  });
});
server.keepAliveTimeout = 60_000;

process.on("message", (message: { readonly behave?: Behaviour; readonly dump?: boolean }) => {
  if (message.behave) {
    behaviour = message.behave;
    failures = 0;
    process.send?.({ done: true });
  }
  if (message.dump) {
    process.send?.({ received });
    received = [];
  }
});
// Its test ended, or was killed.
process.on("disconnect", () => process.exit());
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  process.send?.({ port: (server.address() as { readonly port: number }).port });
});
