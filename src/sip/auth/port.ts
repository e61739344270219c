/** The port of digest authentication as a client (RFC 3261 section 22, RFC 7616, RFC 8760). */
import type { SipResponseMessage } from "../message.ts";
import type { HeaderLine } from "../transaction/port.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Left out: any realm is answered. */
  readonly realm?: string;
}

/** What of a request is signed; all as it is written to the wire. */
export interface SignedRequest {
  readonly method: string;
  /** The Request-URI. */
  readonly uri: string;
  /** For qop `auth-int`. Default: none. */
  readonly body?: string;
}

/** The credentials that one sending of a request carries. */
export interface DigestAnswers {
  /** Authorization and Proxy-Authorization. The ACK of a 2xx repeats those of its INVITE (RFC 3261 section 22.1). */
  readonly headers: readonly HeaderLine[];
}

/**
 * Why a challenge cannot be answered: `no_challenge`: there is none, or it is malformed; `unknown_algorithm`: none of
 * SHA-512-256, SHA-256 and MD5 with qop auth, auth-int or none; `other_realm`: none of the configured realm;
 * `wrong_credentials`: what was sent was refused.
 */
export type DigestProblem = "no_challenge" | "unknown_algorithm" | "other_realm" | "wrong_credentials";

/** The credentials of one account; one object for all requests that use it, so that nonces are used again. */
export interface Digest {
  /**
   * Credentials for a request that was not challenged yet, with the nonce of an earlier challenge where the server keeps
   * nonces; null: send it without. Saves a round trip.
   */
  ahead(request: SignedRequest): DigestAnswers | null;
  /**
   * Answers a 401 or 407. The request is sent again with `headers` and the next CSeq, Call-ID and From tag unchanged.
   * @param before what the challenged request carried: of `ahead`, or of the last `answer`; null: nothing
   */
  answer(
    response: SipResponseMessage,
    request: SignedRequest,
    before: DigestAnswers | null,
  ): DigestAnswers | DigestProblem;
  /**
   * For another request of the same call, with the nonces of the one before; saves its challenge. Refused, they say nothing of the
   * password, as those of `ahead`: a server may take each nonce once (BYE, PRACK), another target does not know them (INVITE).
   */
  next(request: SignedRequest, before: DigestAnswers): DigestAnswers;
}

/** The one Digest of an account: the same object for the same credentials object, as long as that is kept. */
export type Digests = (credentials: Credentials) => Digest;
