/** Which operator sent a request: operators have keys of their own, which are not apps' keys. */
import { timingSafeEqual } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { apiKeyHash } from "../../apps/api-keys.ts";
import { bearerToken } from "../../apps/bearer.ts";
import type { Refusal } from "../../shared/refusal.ts";
import { unauthorized } from "./no-key.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The operator's name in logs and records; null: unknown. */
    operator: string | null;
  }
}

/** Hex digits of a key's hash that identify it in logs and to other operators: enough to distinguish ten keys. */
const shownHashDigits = 8;

/** Every route of this scope needs an operator's key, one of those that hold now. Requests without one are counted by address, then refused. */
export function requireOperator(scope: FastifyInstance, keyHashes: () => readonly string[]): void {
  scope.addHook("onRequest", (request, _reply, done) => {
    request.operator = findOperator(keyHashes(), request.headers.authorization);
    done();
  });
  scope.addHook("onRequest", scope.rateLimit());
  scope.addHook("onRequest", (request, _reply, done) => {
    done(request.operator === null ? noKey(request) : undefined);
  });
}

/** The operator of a request in a scope that requires one. @throws {Refusal} unauthorized, if a route is outside one */
export function operatorOf(request: FastifyRequest): string {
  if (request.operator === null) throw noKey(request);
  return request.operator;
}

/** The operator of an `Authorization` header, by the name that logs have; null: unknown. */
export function findOperator(keyHashes: readonly string[], authorization: string | undefined): string | null {
  const key = bearerToken(authorization);
  if (key === null) return null;
  const given = Buffer.from(apiKeyHash(key));
  const known = keyHashes.find((hash) => timingSafeEqual(Buffer.from(hash), given));
  return known === undefined ? null : `key ${known.slice(0, shownHashDigits)}`;
}

function noKey({ headers }: Pick<FastifyRequest, "headers">): Refusal {
  return unauthorized(headers.authorization, "operator key");
}
