/** `/v1/verifications`. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { Proofs } from "../../proofs/index.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import type { ClientIsGone, Verification, Verifications } from "../../verification/types.ts";
import { appOf } from "../auth/app.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { NoBody, VerificationParams } from "../schemas.ts";
import { CheckAnswerBody, CheckBody, CheckByNumberBody } from "./check-schemas.ts";
import { checkAnswerBody, createShowProof, createVerificationBody, guessOf, startRequest } from "./representations.ts";
import { resendBody, StartHeaders, startBody, verificationBody } from "./schemas.ts";

const tags = ["verifications"];
const security = [{ apiKey: [] }];
const numberProblems: readonly ProblemCode[] = [
  "number_invalid",
  "number_too_short",
  "number_too_long",
  "number_is_landline",
  "number_not_callable",
  "country_not_allowed",
];
const beginning: readonly ProblemCode[] = [
  ...(["forbidden", "delivery_denied", "not_supported", "code_not_available"] as const),
  ...(["telephony_unavailable", "channel_unavailable", "rate_limited", "capacity"] as const),
];
const startProblems: readonly ProblemCode[] = [
  ...numberProblems,
  "idempotency_key_reused",
  "verification_not_found",
  ...beginning,
];
const existing: readonly ProblemCode[] = ["verification_not_found"];
const open: readonly ProblemCode[] = [...existing, "verification_ended"];

/**
 * Polled, not an event: in a process that was frozen a request may have waited unread for long, and its socket's end may
 * be delivered after the start.
 */
function clientIsGone({ raw: { socket } }: FastifyRequest): ClientIsGone {
  return () => socket.readableEnded || socket.destroyed;
}

/**
 * @param channels of this gateway: they extend requests and responses
 * @param proofs signs results; left out: they are not signed
 */
export function verificationRoutes(
  verifications: Verifications,
  channels: readonly OpenChannel[],
  proofs?: Proofs,
): FastifyPluginAsyncTypebox {
  const showProof = createShowProof(proofs);
  const toBody = createVerificationBody(channels, showProof);
  const bodyFor = (request: FastifyRequest, verification: Verification) =>
    toBody(verification, verifications.nextChannels(appOf(request), verification));
  const [StartBody, ResendBody, VerificationBody] = [
    startBody(channels),
    resendBody(channels),
    verificationBody(channels),
  ];

  return async (scope) => {
    scope.post(
      "/verifications",
      {
        schema: {
          operationId: "startVerification",
          summary: "Start a verification",
          description:
            "By default places one short call, or two; the last digits of the caller ID are the code; with two calls those of the first call come first. For other channels see `channel`, for several in sequence `workflow`.",
          tags,
          security,
          headers: StartHeaders,
          body: StartBody,
          response: { 201: { ...VerificationBody, description: "The first delivery has begun." } },
        },
        config: { scope: "verify", placesCall: true, problems: startProblems },
      },
      async (request, reply) => {
        const idempotencyKey = request.headers["idempotency-key"] ?? null;
        const verification = await verifications.start(
          appOf(request),
          startRequest(request.body),
          idempotencyKey,
          clientIsGone(request),
        );
        reply.code(201).header("location", `/v1/verifications/${verification.id}`);
        return bodyFor(request, verification);
      },
    );

    scope.get(
      "/verifications/:id",
      {
        schema: {
          operationId: "getVerification",
          summary: "Current state",
          tags,
          security,
          params: VerificationParams,
          response: { 200: { ...VerificationBody, description: "The verification as it is now." } },
        },
        config: { scope: ["verify", "read"], problems: existing },
      },
      async (request) => bodyFor(request, await verifications.get(appOf(request), request.params.id, true)),
    );

    scope.post(
      "/verifications/:id/check",
      {
        schema: {
          operationId: "checkVerification",
          summary: "Check the code",
          description: "Each check counts, also a wrong one. A wrong code is a result (`valid: false`), not an error.",
          tags,
          security,
          params: VerificationParams,
          body: CheckBody,
          response: { 200: { ...CheckAnswerBody, description: "Right or wrong." } },
        },
        config: { scope: "verify", problems: open },
      },
      async (request) => {
        const answer = await verifications.check(appOf(request), request.params.id, guessOf(request.body));
        return checkAnswerBody(answer, showProof);
      },
    );

    scope.post(
      "/verifications/check",
      {
        schema: {
          operationId: "checkNumber",
          summary: "Check the code of a number",
          description:
            "Checks the app's open verification of a number. Where none is open the response is that of a wrong code.",
          tags,
          security,
          body: CheckByNumberBody,
          response: { 200: { ...CheckAnswerBody, description: "Right or wrong." } },
        },
        config: { scope: "verify", problems: [...numberProblems, "verification_ambiguous", "verification_ended"] },
      },
      async (request) => {
        const { to, country, session = null, ...guess } = request.body;
        const number = { to, ...(country !== undefined && { country }) };
        const answer = await verifications.checkByNumber(appOf(request), number, guessOf(guess), session);
        return checkAnswerBody(answer, showProof);
      },
    );

    scope.post(
      "/verifications/:id/resend",
      {
        schema: {
          operationId: "resendVerification",
          summary: "Deliver again",
          description:
            "Starts another delivery: by the same channel, or by one of `next_channels`. A new call has a new code and voids the old one; a message to the same recipient has the same code for up to 10 minutes. Wrong checks stay counted.",
          tags,
          security,
          params: VerificationParams,
          body: ResendBody,
          response: { 200: { ...VerificationBody, description: "Another delivery has begun." } },
        },
        config: { scope: "verify", placesCall: true, problems: [...open, ...beginning] },
      },
      async (request) => {
        const channel = request.body?.channel ?? null;
        const app = appOf(request);
        return bodyFor(request, await verifications.resend(app, request.params.id, channel, clientIsGone(request)));
      },
    );

    scope.post(
      "/verifications/:id/cancel",
      {
        schema: {
          operationId: "cancelVerification",
          summary: "Cancel",
          description: "Hangs up if the phone still rings.",
          tags,
          security,
          params: VerificationParams,
          body: NoBody,
          response: { 200: { ...VerificationBody, description: "The verification, canceled." } },
        },
        config: { scope: "verify", problems: open },
      },
      async (request) => bodyFor(request, await verifications.cancel(appOf(request), request.params.id)),
    );
  };
}
