/** The webhooks of HTTP routes: POST /webhooks/sms/<route>. */
import type { FastifyPluginAsync, onRequestHookHandler } from "fastify";
import type { Clock } from "../../../shared/clock.ts";
import { Refusal } from "../../../shared/refusal.ts";
import { receiptsOf } from "./receipts.ts";
import type { SmsHttpRoute } from "./route.ts";
import { hasSignature, isSigned } from "./signature.ts";

const maxBodyBytes = 1_048_576;

/** Register it under `/webhooks/sms`. */
export function smsHttpWebhooks(routes: readonly SmsHttpRoute[], clock: Clock): FastifyPluginAsync {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    // Raw: the signature covers the bytes, and nothing is parsed before it is checked.
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: maxBodyBytes }, (_request, body, done) => {
      done(null, body);
    });
    for (const route of routes) {
      const { receipts } = route;
      if (receipts === null || receipts === undefined) continue;
      // What cannot be signed is refused before its body is read.
      const mayBeSigned: onRequestHookHandler = (request, _reply, done) => {
        done(hasSignature(request.headers, receipts) ? undefined : notSigned());
      };
      const options = { schema: { hide: true }, bodyLimit: maxBodyBytes, onRequest: mayBeSigned };
      scope.post(`/${route.name}`, options, async (request, reply) => {
        const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (!isSigned(raw, request.headers, receipts, clock.nowMs())) throw notSigned();
        const found = receiptsOf(route.name, raw, receipts);
        if (found === null) throw new Refusal("invalid_request", "The body is not of the configured form.");
        const taken = await Promise.all(found.map((receipt) => route.receive(receipt)));
        // The provider sends them again; those that were stored change nothing then.
        if (taken.includes(false)) throw new Refusal("store_unavailable", "Receipts cannot be stored at the moment.");
        return reply.code(200).send();
      });
    }
  };
}

function notSigned(): Refusal {
  return new Refusal("unauthorized", "The signature is missing, wrong or too old.");
}
