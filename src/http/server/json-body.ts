import type { FastifyInstance } from "fastify";
import { jsonErrorPosition } from "../errors/json-position.ts";
import { RequestRefusal } from "../errors/request-refusal.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Keys and list elements that a body may have, where they are more than those of most routes. */
    maxBodyParts?: number;
  }
}

/** Keys and list elements of a body together. Ten times what most endpoints read; Ajv makes an error for each that is wrong. */
const mostParts = 1000;

/**
 * JSON is the only body that this API reads. An empty one counts as none: many clients send `Content-Type:
 * application/json` with every POST. `__proto__` and `constructor.prototype` as keys are refused, as is a body of more
 * than `mostParts` keys and elements, or what its route takes.
 */
export function readJsonOnly(server: FastifyInstance): void {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body: string, done) => {
    if (body.length === 0) return done(null, undefined);
    parse(request, body, (error, value) => {
      if (error !== null) return done(new RequestRefusal(400, whyNotRead(body)));
      const maxParts = request.routeOptions.config.maxBodyParts ?? mostParts;
      if (!isBounded(value, maxParts)) {
        return done(new RequestRefusal(400, `The body has more than ${maxParts} keys and list elements.`));
      }
      done(null, value);
    });
  });
}

function whyNotRead(body: string): string {
  // A byte order mark is skipped when the body is parsed.
  const position = jsonErrorPosition(body.replace(/^\ufeff/, ""));
  return position === null
    ? "The body has a key that is never accepted: `__proto__`, or `constructor` with `prototype` in it."
    : `The body is not valid JSON (position ${position}).`;
}

/** Stops counting at the bound. */
function isBounded(body: unknown, maxParts: number): boolean {
  const open: unknown[] = [body];
  let parts = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    for (const key in value) {
      parts++;
      if (parts > maxParts) return false;
      open.push((value as Record<string, unknown>)[key]);
    }
  }
  return true;
}
