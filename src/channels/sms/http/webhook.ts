/** The webhooks of HTTP routes: POST /webhooks/sms/<route> for receipts, …/texts for what people send. */
import type { FastifyInstance, FastifyPluginAsync, onRequestHookHandler } from "fastify";
import type { Clock } from "../../../shared/clock.ts";
import { Refusal } from "../../../shared/refusal.ts";
import { receiptsOf } from "./receipts.ts";
import type { SmsHttpRoute } from "./route.ts";
import { hasSignature, isSigned } from "./signature.ts";
import { textsOf } from "./texts.ts";

const maxBodyBytes = 1_048_576;

/** Register it under `/webhooks/sms`. */
export function smsHttpWebhooks(routes: readonly SmsHttpRoute[], clock: Clock): FastifyPluginAsync {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    // Raw: the signature covers the bytes, and nothing is parsed before it is checked.
    scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: maxBodyBytes }, (_request, body, done) => {
      done(null, body);
    });
    for (const { name, receipts, receive, texts, receiveText } of routes) {
      if (receipts !== null && receipts !== undefined) {
        take(scope, `/${name}`, receipts, async (raw) => {
          const found = receiptsOf(name, raw, receipts);
          return found && (await Promise.all(found.map((receipt) => receive(receipt))));
        });
      }
      if (texts !== null && texts !== undefined) {
        take(scope, `/${name}/texts`, texts, async (raw) => {
          const found = textsOf("sms", raw, texts);
          return found && (await Promise.all(found.map((text) => receiveText(text))));
        });
      }
    }
  };

  /** @param receive takes a body that was signed; null: it is not of the configured form. False: an item of it shall come again */
  function take(
    scope: FastifyInstance,
    path: string,
    signing: Parameters<typeof hasSignature>[1],
    receive: (raw: Buffer) => Promise<readonly boolean[] | null>,
  ): void {
    // What cannot be signed is refused before its body is read.
    const mayBeSigned: onRequestHookHandler = (request, _reply, done) => {
      done(hasSignature(request.headers, signing) ? undefined : notSigned());
    };
    const options = { schema: { hide: true }, bodyLimit: maxBodyBytes, onRequest: mayBeSigned };
    scope.post(path, options, async (request, reply) => {
      const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      if (!isSigned(raw, request.headers, signing, clock.nowMs())) throw notSigned();
      const taken = await receive(raw);
      if (taken === null) throw new Refusal("invalid_request", "The body is not of the configured form.");
      // The provider sends them again; those that were stored change nothing then.
      if (taken.includes(false)) throw new Refusal("store_unavailable", "This cannot be stored at the moment.");
      return reply.code(200).send();
    });
  }
}

function notSigned(): Refusal {
  return new Refusal("unauthorized", "The signature is missing, wrong or too old.");
}
