/**
 * Access tokens of a Google service account: a JWT signed by its key is exchanged for a token that is valid for an hour
 * (developers.google.com/identity/protocols/oauth2/service-account, RFC 7523).
 */
import { jsonOf, type OutgoingHttp } from "../../../outgoing-http/request.ts";
import { type Clock, stopwatch } from "../../../shared/clock.ts";
import { signJwt } from "../jwt.ts";
import type { ServiceAccount } from "./service-account.ts";

const scope = "https://www.googleapis.com/auth/firebase.messaging";
const assertionSeconds = 3600;
/** Before its end a new one is fetched, so that none ends under way. */
const marginMs = 300_000;
const defaultLifeSeconds = 3600;

/** Google refuses the account: the key was revoked, or this machine's clock is wrong. */
export class TokenDenied extends Error {}

export interface AccessTokens {
  /** @throws {TokenDenied} or {OutgoingHttpError} or {Error} where Google is down */
  get(): Promise<string>;
  /** The service did not take it. */
  forget(): void;
}

export function createAccessTokens(account: ServiceAccount, http: OutgoingHttp, clock: Clock): AccessTokens {
  let current: { readonly token: string; readonly lifeMs: number; readonly ageMs: () => number } | null = null;
  let fetching: Promise<string> | null = null;

  async function fetchToken(): Promise<string> {
    const iat = Math.floor(clock.nowMs() / 1000);
    const claims = { iss: account.email, scope, aud: account.tokenUrl.href, iat, exp: iat + assertionSeconds };
    const response = await http.request({
      method: "POST",
      url: account.tokenUrl,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({
        grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
        assertion: signJwt({ typ: "JWT", kid: account.keyId }, claims, account.key),
      }).toString(),
    });
    const { status } = response;
    if (status >= 400 && status < 500 && status !== 429) throw new TokenDenied(`HTTP ${status}`);
    const { access_token: token, expires_in: seconds } = jsonOf(response) ?? {};
    if (status !== 200 || typeof token !== "string" || token === "") throw new Error(`no access token: HTTP ${status}`);
    const lifeMs = (typeof seconds === "number" ? seconds : defaultLifeSeconds) * 1000;
    current = { token, lifeMs: lifeMs - marginMs, ageMs: stopwatch(clock) };
    return token;
  }

  return {
    async get() {
      if (current !== null && current.ageMs() < current.lifeMs) return current.token;
      // Many messages, one exchange.
      fetching ??= fetchToken().finally(() => {
        fetching = null;
      });
      return await fetching;
    },
    forget() {
      current = null;
    },
  };
}
