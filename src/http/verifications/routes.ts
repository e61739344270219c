import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { CallsConfig } from "../../telephony/calls/config.ts";
import type { Asker, Verifications } from "../../verification/types.ts";
import { appOf } from "../auth/app.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { NoBody, VerificationParams } from "../schemas.ts";
import { CheckAnswerBody, CheckBody } from "./check-schemas.ts";
import { checkAnswerBody, createVerificationBody, guessOf, startRequest } from "./representations.ts";
import { StartBody, StartHeaders, VerificationBody } from "./schemas.ts";

const tags = ["verifications"];
const security = [{ apiKey: [] }];
const calling: readonly ProblemCode[] = ["telephony_unavailable", "rate_limited", "capacity"];
const startProblems: readonly ProblemCode[] = [
  "forbidden",
  "number_invalid",
  "number_too_short",
  "number_too_long",
  "number_is_landline",
  "number_not_callable",
  "country_not_allowed",
  "idempotency_key_reused",
  ...calling,
];
const existing: readonly ProblemCode[] = ["verification_not_found"];
const open: readonly ProblemCode[] = [...existing, "verification_ended"];

/** A request may have lain unread for long, in a process that stood still: its client gave up and closed the connection. */
function askerOf({ raw: { socket } }: FastifyRequest): Asker {
  return {
    get gone() {
      return socket.readableEnded || socket.destroyed;
    },
  };
}

export function verificationRoutes(verifications: Verifications, calls: CallsConfig): FastifyPluginAsyncTypebox {
  const verificationBody = createVerificationBody(calls);

  return async (scope) => {
    scope.post(
      "/verifications",
      {
        schema: {
          operationId: "startVerification",
          summary: "Ring a number",
          description:
            "Places one short call, or two of them. The last digits of the number that calls are the code; of two calls the first one's come first. With channel `call_in` nobody is rung: the person calls the number that the answer names.",
          tags,
          security,
          headers: StartHeaders,
          body: StartBody,
          response: { 201: { ...VerificationBody, description: "The call is under way, or waited for." } },
        },
        config: { placesCall: true, problems: startProblems },
      },
      async (request, reply) => {
        const idempotencyKey = request.headers["idempotency-key"] ?? null;
        const verification = await verifications.start(
          appOf(request),
          startRequest(request.body),
          idempotencyKey,
          askerOf(request),
        );
        reply.code(201).header("location", `/v1/verifications/${verification.id}`);
        return verificationBody(verification);
      },
    );

    scope.get(
      "/verifications/:id",
      {
        schema: {
          operationId: "getVerification",
          summary: "How it stands",
          tags,
          security,
          params: VerificationParams,
          response: { 200: { ...VerificationBody, description: "The verification as it stands now." } },
        },
        config: { problems: existing },
      },
      async (request) => verificationBody(await verifications.get(appOf(request), request.params.id)),
    );

    scope.post(
      "/verifications/:id/check",
      {
        schema: {
          operationId: "checkVerification",
          summary: "Check the code",
          description: "Each check counts, also a wrong one. A wrong code is an answer (`valid: false`), not an error.",
          tags,
          security,
          params: VerificationParams,
          body: CheckBody,
          response: { 200: { ...CheckAnswerBody, description: "Right or wrong." } },
        },
        config: { problems: open },
      },
      async (request) => {
        return checkAnswerBody(await verifications.check(appOf(request), request.params.id, guessOf(request.body)));
      },
    );

    scope.post(
      "/verifications/:id/resend",
      {
        schema: {
          operationId: "resendVerification",
          summary: "Ring again",
          description: "A new call with a new code; the old code is void, wrong guesses stay counted.",
          tags,
          security,
          params: VerificationParams,
          body: NoBody,
          response: { 200: { ...VerificationBody, description: "Another call is under way." } },
        },
        config: { placesCall: true, problems: [...open, ...calling] },
      },
      async (request) =>
        verificationBody(await verifications.resend(appOf(request), request.params.id, askerOf(request))),
    );

    scope.post(
      "/verifications/:id/cancel",
      {
        schema: {
          operationId: "cancelVerification",
          summary: "End it",
          description: "Hangs up if the phone still rings.",
          tags,
          security,
          params: VerificationParams,
          body: NoBody,
          response: { 200: { ...VerificationBody, description: "The verification, canceled." } },
        },
        config: { problems: open },
      },
      async (request) => verificationBody(await verifications.cancel(appOf(request), request.params.id)),
    );
  };
}
