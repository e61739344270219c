/**
 * Provider tokens of APNs: a JWT signed by the team's key. Apple wants one to be used for 20 to 60 minutes: an older one is
 * refused (ExpiredProviderToken), one made too soon too (TooManyProviderTokenUpdates).
 */
import type { KeyObject } from "node:crypto";
import type { Clock } from "../../../shared/clock.ts";
import { signJwt } from "../jwt.ts";

const renewAfterMs = 40 * 60_000;
const leastLifeMs = 20 * 60_000;

export interface ProviderTokens {
  get(): string;
  /** Apple says that it is too old. False where it is not: then this machine's clock is wrong. */
  renew(): boolean;
}

export function createProviderTokens(
  { teamId, keyId, key }: { readonly teamId: string; readonly keyId: string; readonly key: KeyObject },
  clock: Clock,
): ProviderTokens {
  let token = "";
  let madeMs = Number.NEGATIVE_INFINITY;
  return {
    get() {
      const nowMs = clock.nowMs();
      // A clock that was set back has made a token of the future.
      if (nowMs - madeMs >= renewAfterMs || nowMs < madeMs) {
        madeMs = nowMs;
        token = signJwt({ kid: keyId }, { iss: teamId, iat: Math.floor(nowMs / 1000) }, key);
      }
      return token;
    },
    renew() {
      if (clock.nowMs() - madeMs < leastLifeMs) return false;
      madeMs = Number.NEGATIVE_INFINITY;
      return true;
    },
  };
}
