/** What the simulated phone received: `/sandbox/messages` and below. */
import type { FastifyPluginAsync } from "fastify";
import type { Inbox } from "./inbox.ts";
import { problem } from "./problem.ts";

/** An e-mail's HTML runs no script and loads nothing; the page shows it in a frame. */
const mailPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "sandbox",
].join("; ");

/** `GET /sandbox/messages`, `GET /sandbox/messages/{id}/html`. */
export function messageRoutes(inbox: Inbox): FastifyPluginAsync {
  return async (server) => {
    server.get("/sandbox/messages", async () => inbox.messages());
    server.get<{ Params: { id: string } }>("/sandbox/messages/:id/html", (request, reply) => {
      const html = inbox.html(request.params.id);
      if (html === null) return problem(reply, 404, "message_not_found", "No message with an HTML part has this id.");
      return reply
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", mailPolicy)
        .header("x-frame-options", "SAMEORIGIN")
        .header("cache-control", "no-store")
        .send(html);
    });
  };
}
