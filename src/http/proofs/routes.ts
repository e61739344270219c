/** Signed results: redeeming a token, and the public keys with which an app's backend verifies one offline. */
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import type { Proofs } from "../../proofs/index.ts";
import type { ProofClaims } from "../../proofs/token.ts";
import { rfc3339 } from "../../verification/representation.ts";
import { appOf } from "../auth/app.ts";
import { JwksBody, RedeemBody, RedeemedBody, RedeemHeaders } from "./schemas.ts";

const tags = ["proofs"];
/** A new key is published this long before it signs (docs/proofs.md). */
const jwksMaxAgeSeconds = 300;

export function proofRoutes(proofs: Proofs): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.post(
      "/proofs/redeem",
      {
        schema: {
          operationId: "redeemProof",
          summary: "Redeem a signed result, once",
          description:
            "For backends that do not verify tokens themselves, or that must accept each one once only. An unknown, expired, redeemed or another app's token gets the same answer.",
          tags,
          security: [{ apiKey: [] }],
          headers: RedeemHeaders,
          body: RedeemBody,
          response: { 200: { ...RedeemedBody, description: "What was proven." } },
        },
        config: { scope: "verify", problems: ["proof_not_found", "not_supported"] },
      },
      async (request) => {
        const by = request.headers["idempotency-key"] ?? null;
        return redeemedBody(await proofs.redeem(appOf(request).name, request.body.token, by));
      },
    );
  };
}

/** Outside /v1, where libraries look for it (RFC 8615); it needs no key and holds no secret. */
export function jwksRoute(proofs: Pick<Proofs, "keys">): FastifyPluginAsyncTypebox {
  return async (scope) => {
    scope.get(
      "/.well-known/jwks.json",
      {
        schema: {
          operationId: "getProofKeys",
          summary: "Public keys of signed results",
          description: "A JSON Web Key Set (RFC 7517). Empty where this gateway signs no results.",
          tags,
          response: { 200: { ...JwksBody, description: "The keys; the first one signs." } },
        },
        config: { problems: ["rate_limited"] },
        onRequest: scope.rateLimit(),
      },
      async (_request, reply) => {
        reply.header("cache-control", `public, max-age=${jwksMaxAgeSeconds}`);
        // Public data: pages of any origin may read it.
        reply.header("access-control-allow-origin", "*");
        return { keys: proofs.keys().map((jwk) => ({ ...jwk })) };
      },
    );
  };
}

function redeemedBody(claims: ProofClaims) {
  const { jti: verification, to, kind, channel, app, reference, session, code, test, iat, exp } = claims;
  return {
    ...{ verification, to, kind, channel, app, reference, session, code, test },
    ...{ verified_at: rfc3339(iat * 1000), expires_at: rfc3339(exp * 1000) },
  };
}
