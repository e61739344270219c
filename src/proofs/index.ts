/** Signed results as the composition root takes them. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import { Refusal } from "../shared/refusal.ts";
import type { Hashes } from "../verification/hashes.ts";
import { createRepresentation, type ShownChannel } from "../verification/representation.ts";
import { type Sealing, sealedSessionId } from "../verification/sealing.ts";
import type { Verification } from "../verification/types.ts";
import { longestTtlSeconds, type ProofsConfig } from "./config.ts";
import { type ProofKey, type PublicJwk, readProofKey } from "./keys.ts";
import type { ProofStore } from "./store-port.ts";
import { createSigner, type ProofClaims, readToken } from "./token.ts";

/** Between the clocks of gateways: a slow one accepts a token for so much longer. */
const clockSkewMs = 60_000;

export interface Proofs {
  /** Whether results are signed here at all. */
  readonly enabled: boolean;
  /** The token of a verified verification, as long as it is accepted; null: there is none. Costs one signature. */
  tokenOf(verification: Verification): string | null;
  /** The public keys; none where results are not signed. */
  keys(): readonly PublicJwk[];
  /**
   * Redeems a token of this app, once.
   * @param by the request's Idempotency-Key: a repetition of it gets the same answer; null: none
   * @throws {Refusal} `proof_not_found` whether it is unknown, expired, redeemed or another app's; `not_supported` where off
   */
  redeem(app: string, token: string, by: string | null): Promise<ProofClaims>;
  /**
   * Takes other keys, or a new life of tokens, from now on. Switching signed results on or off needs a restart, as clients'
   * sessions are kept for them from the start.
   */
  reload(config: ProofsConfig | undefined): void;
}

interface Ring {
  readonly config: ProofsConfig;
  readonly sign: (claims: ProofClaims) => string;
  readonly byId: ReadonlyMap<string, ProofKey>;
}

export function createProofs(options: {
  /** Undefined: results are not signed. */
  readonly config: ProofsConfig | undefined;
  readonly store: ProofStore;
  readonly channels: readonly ShownChannel[];
  readonly sealing: Pick<Sealing, "open">;
  readonly hashes: Pick<Hashes, "idempotencyKey">;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "info">;
}): Proofs {
  const { store, sealing, hashes, clock, logger } = options;
  const { proof: proofOf } = createRepresentation(options.channels);
  const enabled = options.config !== undefined;
  let ring = options.config === undefined ? null : ringOf(options.config);
  if (ring === null) logger.info("results are not signed: the section proofs is not configured");
  else logger.info({ keys: [...ring.byId.keys()] }, "results are signed; the first of these keys signs");

  function claimsOf(verification: Verification, { issuer, ttl_seconds: ttl }: ProofsConfig): ProofClaims | null {
    const { id, app, reference, endedAtMs, sealedSession, simulated } = verification;
    const proof = proofOf(verification);
    if (proof === null || endedAtMs === null) return null;
    const iat = Math.floor(endedAtMs / 1000);
    if (clock.nowMs() >= (iat + ttl) * 1000) return null;
    const session = sealedSession === null ? null : sealing.open(sealedSessionId(id), sealedSession);
    return {
      ...{ iss: issuer, aud: app, jti: id, iat, exp: iat + ttl },
      ...{ to: proof.value, kind: proof.kind, channel: proof.channel },
      ...{ app, reference, session, code: proof.code, test: simulated === "test" },
    };
  }

  return {
    enabled,
    tokenOf(verification) {
      if (ring === null || verification.status !== "verified") return null;
      const claims = claimsOf(verification, ring.config);
      return claims === null ? null : ring.sign(claims);
    },
    keys: () => (ring === null ? [] : [...ring.byId.values()].map(({ jwk }) => jwk)),
    async redeem(app, token, by) {
      if (ring === null) {
        throw new Refusal("not_supported", "This gateway does not sign results: the section proofs is not configured.");
      }
      const claims = readToken(token, ring.byId);
      const leftMs = claims === null ? 0 : claims.exp * 1000 - clock.nowMs();
      if (claims === null || claims.aud !== app || leftMs <= 0) throw notFound();
      const request = by === null ? "" : hashes.idempotencyKey(app, by);
      // Not this token's end alone: after a reload another one of the verification may be accepted for longer.
      const rememberMs = Math.max(leftMs, longestTtlSeconds * 1000) + clockSkewMs;
      if (!(await store.redeem(claims.jti, request, rememberMs))) throw notFound();
      return claims;
    },
    reload(config) {
      if (enabled && config !== undefined) ring = ringOf(config);
    },
  };
}

/** One answer for all causes: nothing is learnt about another app's tokens, nor whether one was redeemed. */
function notFound(): Refusal {
  return new Refusal(
    "proof_not_found",
    "No result can be redeemed with this token: it is unknown, has expired, belongs to another app or was redeemed before.",
  );
}

/** @throws {Error} for keys that config-checks.ts refuses */
function ringOf(config: ProofsConfig): Ring {
  const [signing, ...others] = [
    readProofKey(config.signing_key, true),
    ...config.other_keys.map((text) => readProofKey(text, false)),
  ];
  const keys = [signing, ...others].map((key) => {
    if (key === undefined || "expected" in key) throw new Error("a key of the section proofs cannot be used");
    return key;
  });
  const [first] = keys;
  if (first === undefined || first.privateKey === null) throw new Error("proofs.signing_key cannot sign");
  return { config, sign: createSigner(first, first.privateKey), byId: new Map(keys.map((key) => [key.kid, key])) };
}
