/** `/v1/verifications`. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { FastifyRequest } from "fastify";
import type { Proofs } from "../../proofs/index.ts";
import type { Tokens } from "../../tokens/index.ts";
import type { OpenChannel } from "../../verification/channel-set.ts";
import type { ClientIsGone, Verification, Verifications } from "../../verification/types.ts";
import { appOf } from "../auth/app.ts";
import { tokenExpired } from "../auth/client-token.ts";
import type { ProblemCode } from "../errors/problems.ts";
import { NoBody, VerificationParams } from "../schemas.ts";
import { CheckAnswerBody, CheckBody, CheckByNumberBody } from "./check-schemas.ts";
import { channelsFor, clientBody, permitChannel } from "./client-view.ts";
import { checkAnswerBody, createShowProof, createVerificationBody, guessOf } from "./representations.ts";
import { resendBody, StartHeaders, startBody, startedBody, verificationBody } from "./schemas.ts";
import type { StartByRequest } from "./start.ts";

const tags = ["verifications"];
const security = [{ apiKey: [] }];
const orOwnToken = [...security, { clientToken: [] }];
const numberProblems: readonly ProblemCode[] = [
  "number_invalid",
  "number_too_short",
  "number_too_long",
  "number_is_landline",
  "number_not_callable",
  "country_not_allowed",
];
/** Of a start alone: what has begun goes on. */
const inactive: readonly ProblemCode[] = ["number_inactive"];
const beginning: readonly ProblemCode[] = [
  ...(["forbidden", "delivery_denied", "approval_unavailable", "not_supported", "code_not_available"] as const),
  ...(["telephony_unavailable", "channel_unavailable", "rate_limited", "quiet_hours", "capacity"] as const),
  // Where neither Redis nor the records know who opted out.
  "records_unavailable",
];
const startProblems: readonly ProblemCode[] = [
  ...numberProblems,
  ...inactive,
  "idempotency_key_reused",
  "verification_not_found",
  ...(["human_check_failed", "human_check_unavailable"] as const),
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

export interface VerificationRoutesParts {
  readonly start: StartByRequest;
  /** Judges what requests by client tokens may see. */
  readonly tokens: Pick<Tokens, "mayRead">;
  /** Signs results; left out: they are not signed. */
  readonly proofs?: Proofs | undefined;
}

/** @param channels of this gateway: they extend requests and responses */
export function verificationRoutes(
  verifications: Verifications,
  channels: readonly OpenChannel[],
  { start, tokens, proofs }: VerificationRoutesParts,
): FastifyPluginAsyncTypebox {
  const showProof = createShowProof(proofs);
  const toBody = createVerificationBody(channels, showProof);
  const bodyFor = (request: FastifyRequest, verification: Verification) => {
    const { holder } = request;
    const body = toBody(verification, channelsFor(holder, verifications.nextChannels(appOf(request), verification)));
    return holder === null ? body : clientBody(body);
  };
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
          security: [...security, { startToken: [] }],
          headers: StartHeaders,
          body: StartBody,
          response: { 201: { ...startedBody(channels), description: "The first delivery has begun." } },
        },
        config: { scope: "verify", clientToken: "start", placesCall: true, atStart: true, problems: startProblems },
      },
      async (request, reply) => {
        const idempotencyKey = request.headers["idempotency-key"] ?? null;
        const { verification, token } = await start(request, request.body, idempotencyKey, clientIsGone(request));
        reply.code(201).header("location", `/v1/verifications/${verification.id}`);
        return { ...bodyFor(request, verification), ...(token !== null && { token }) };
      },
    );

    scope.get(
      "/verifications/:id",
      {
        schema: {
          operationId: "getVerification",
          summary: "Current state",
          tags,
          security: orOwnToken,
          params: VerificationParams,
          response: { 200: { ...VerificationBody, description: "The verification as it is now." } },
        },
        config: { scope: ["verify", "read"], clientToken: "own", atStart: true, problems: existing },
      },
      async (request) => {
        const verification = await verifications.get(appOf(request), request.params.id, true);
        if (request.holder !== null && !tokens.mayRead(verification)) throw tokenExpired();
        return bodyFor(request, verification);
      },
    );

    scope.post(
      "/verifications/:id/check",
      {
        schema: {
          operationId: "checkVerification",
          summary: "Check the code",
          description: "Each check counts, also a wrong one. A wrong code is a result (`valid: false`), not an error.",
          tags,
          security: orOwnToken,
          params: VerificationParams,
          body: CheckBody,
          response: { 200: { ...CheckAnswerBody, description: "Right or wrong." } },
        },
        config: { scope: "verify", clientToken: "own", atStart: true, problems: open },
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
            "Starts another delivery: by the same channel, or by one of `next_channels`. A new call has a new code and voids the old one; a message to the same recipient has the same code for up to 10 minutes. Wrong checks stay counted. Each request that is accepted delivers once more: after a time-out read the verification before you repeat it.",
          tags,
          security: orOwnToken,
          params: VerificationParams,
          body: ResendBody,
          response: { 200: { ...VerificationBody, description: "Another delivery has begun." } },
        },
        config: { scope: "verify", clientToken: "own", placesCall: true, problems: [...open, ...beginning] },
      },
      async (request) => {
        const channel = request.body?.channel ?? null;
        const app = appOf(request);
        if (channel !== null) permitChannel(request.holder, channel);
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
          security: orOwnToken,
          params: VerificationParams,
          body: NoBody,
          response: { 200: { ...VerificationBody, description: "The verification, canceled." } },
        },
        config: { scope: "verify", clientToken: "own", problems: open },
      },
      async (request) => bodyFor(request, await verifications.cancel(appOf(request), request.params.id)),
    );
  };
}
