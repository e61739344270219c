/** Requests of browsers and phones, by a client token or a start token: which routes take them, and for what. */
import type { FastifyRequest } from "fastify";
import { identityOf } from "../../apps/directory.ts";
import type { AppIdentity } from "../../apps/principal.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { TokenHolder } from "../../tokens/index.ts";
import type { Pages } from "../tokens/pages.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who holds the request's token; null: it has none, or an API key. */
    holder: TokenHolder | null;
  }
  interface FastifyContextConfig {
    /**
     * The route also takes tokens of clients; without it none. `own`: the client token of the verification that the path names
     * as `id`. `start`: a start token.
     */
    clientToken?: "own" | "start";
  }
}

/** No key's: what a token permits is the route's `clientToken`. */
const noScopes: ReadonlySet<never> = new Set();

interface ClientAppIdentity extends AppIdentity {
  readonly holder: TokenHolder;
}

/** The app of an `Authorization` header with a token that is valid now; null: it has none. */
export function findByToken({ tokens, apps }: Pick<Pages, "tokens" | "apps">, authorization: string | undefined) {
  const holder = tokens.find(authorization);
  if (holder === null || !apps.exists(holder.app)) return null;
  const client = holder.kind === "client" ? { verification: holder.verification } : ({ start: true } as const);
  const identity = identityOf(holder.app, apps.profileOf(holder.app), noScopes, null);
  return { ...identity, client, holder } satisfies ClientAppIdentity;
}

/** Who holds the token by which an app was found; null: it was found by a key. */
export function holderOf(app: AppIdentity | null): TokenHolder | null {
  return app !== null && "holder" in app ? (app as ClientAppIdentity).holder : null;
}

/** Why a route does not take the request's token; null: it does. */
export function tokenRefusal({ holder, routeOptions, params }: FastifyRequest): Refusal | null {
  const taken = routeOptions.config.clientToken;
  if (holder === null || taken === undefined)
    return new Refusal("forbidden", "This needs an API key; tokens are not accepted here.");
  if (holder.kind === "start") return taken === "start" ? null : new Refusal("forbidden", "A start token only starts.");
  if (taken === "start") return new Refusal("forbidden", "A client token is bound to a verification that was started.");
  if ((params as { id?: unknown }).id === holder.verification) return null;
  // As for a verification of another app: nothing says whether it exists.
  return new Refusal("verification_not_found", "No verification has this id.");
}

export function tokenExpired(): Refusal {
  return new Refusal("unauthorized", "The client token has expired with its verification.");
}
