/** Checks that Node would answer itself, with an empty body: here the response is a problem like any other error. */
import type { FastifyInstance } from "fastify";
import { RequestRefusal } from "../errors/request-refusal.ts";

/** Refuses a request without Host (RFC 9112, 3.2) with 400, and an expectation other than 100-continue with 417. */
export function checkRequests(server: FastifyInstance): void {
  // Without a listener Node answers 417 without a body.
  server.server.on("checkExpectation", (request, response) => {
    server.server.emit("request", request, response);
  });
  server.addHook("onRequest", (request, _reply, done) => {
    const { host, expect } = request.raw.headers;
    if (host === undefined && request.raw.httpVersion === "1.1") {
      return done(new RequestRefusal(400, "The Host header is missing."));
    }
    if (expect !== undefined && expect.toLowerCase() !== "100-continue") {
      return done(new RequestRefusal(417, "Expect: only 100-continue is supported."));
    }
    done();
  });
}
