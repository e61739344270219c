/** Answers challenges of one account, and counts what each nonce signed. */

import type { Random } from "../../shared/random.ts";
import type { SipResponseMessage } from "../message.ts";
import type { HeaderLine } from "../transaction/port.ts";
import { type Challenge, readChallenges } from "./challenge.ts";
import { Nonces, type NonceUse } from "./nonces.ts";
import type { Credentials, Digest, DigestAnswers, DigestProblem, Digests, SignedRequest } from "./port.ts";
import { type Account, type Answerable, keyOf, responseOf, writeCredentials } from "./response.ts";

/** A proxy and the server, each with a stale nonce once; a server that asks for more does not mean to accept. */
const maxRounds = 4;
const headerNames = { server: "Authorization", proxy: "Proxy-Authorization" } as const;

interface Sent extends DigestAnswers {
  readonly uses: readonly NonceUse[];
  /** Those sent before any challenge: refused, they say nothing of the password. */
  readonly ahead: ReadonlySet<NonceUse>;
  readonly rounds: number;
}

/**
 * @param nowMs monotonic, of the age of nonces
 */
export function createDigest(credentials: Credentials, random: Random, nowMs: () => number): Digest {
  const account: Account = { username: bytesOf(credentials.username), password: bytesOf(credentials.password) };
  const realm = credentials.realm === undefined ? null : bytesOf(credentials.realm);
  const nonces = new Nonces(random, nowMs, (challenge, cnonce) => keyOf(account, challenge, cnonce));

  function sign(uses: readonly NonceUse[], request: SignedRequest, how: Pick<Sent, "ahead" | "rounds">): Sent {
    return { headers: uses.map((use) => lineOf(use, request)), uses, ...how };
  }

  function lineOf(use: NonceUse, request: SignedRequest): HeaderLine {
    const { challenge, cnonce } = use;
    use.count += 1;
    const signed = { cnonce, count: use.count, response: responseOf(use.key(), challenge, request, use) };
    return [headerNames[challenge.by], writeCredentials(account.username, challenge, request.uri, signed)];
  }

  function answer(response: SipResponseMessage, request: SignedRequest, before: Sent | null): Sent | DigestProblem {
    const challenges = readChallenges(response);
    if (challenges.length === 0) return "no_challenge";
    const ours = challenges.filter((challenge) => realm === null || challenge.realm === realm);
    if (ours.length === 0) return "other_realm";
    const chosen = strongestOfEachRealm(ours);
    if (chosen.length === 0) return "unknown_algorithm";
    const uses = new Map(before?.uses.map((use) => [spaceOf(use.challenge), use]));
    const ahead = new Set(before?.ahead);
    for (const challenge of chosen) {
      const refused = uses.get(spaceOf(challenge));
      if (refused !== undefined && ahead.delete(refused)) nonces.refusedAhead(refused);
      else if (refused !== undefined && isWrong(refused, challenge)) return "wrong_credentials";
      uses.set(spaceOf(challenge), nonces.take(challenge));
    }
    const rounds = (before?.rounds ?? 0) + 1;
    return rounds > maxRounds ? "wrong_credentials" : sign([...uses.values()], request, { ahead, rounds });
  }

  return {
    ahead(request) {
      const uses = nonces.usable();
      return uses.length === 0 ? null : sign(uses, request, { ahead: new Set(uses), rounds: 0 });
    },
    answer: (response, request, before) => answer(response, request, before as Sent | null),
    next(request, before) {
      const { uses } = before as Sent;
      return sign(uses, request, { ahead: new Set(uses), rounds: 0 });
    },
  };
}

/** @param nowMs monotonic */
export function createDigests(random: Random, nowMs: () => number): Digests {
  const made = new WeakMap<Credentials, Digest>();
  return (credentials) => {
    const known = made.get(credentials);
    if (known !== undefined) return known;
    const digest = createDigest(credentials, random, nowMs);
    made.set(credentials, digest);
    return digest;
  };
}

/** Credentials are wrong unless the server says that its nonce was too old alone (RFC 7616 section 3.3, `stale`). */
function isWrong({ challenge }: NonceUse, next: Challenge): boolean {
  return !next.stale || next.nonce === challenge.nonce;
}

/** Not the first, as RFC 8760 section 2.4 advises: a server's order is at times the weakest first, for old clients. */
function strongestOfEachRealm(challenges: readonly Challenge[]): readonly Answerable[] {
  const chosen = new Map<string, Answerable>();
  for (const challenge of challenges) {
    if (!isAnswerable(challenge)) continue;
    const space = spaceOf(challenge);
    if (challenge.algorithm.strength > (chosen.get(space)?.algorithm.strength ?? -1)) chosen.set(space, challenge);
  }
  return [...chosen.values()];
}

function isAnswerable(challenge: Challenge): challenge is Answerable {
  return challenge.algorithm !== null && challenge.qop !== null;
}

/** Where credentials hold: the protection space of RFC 7235. */
const spaceOf = ({ by, realm }: Challenge) => `${by} ${realm}`;

/** Messages are written as latin1, SIP's text is UTF-8. */
const bytesOf = (text: string) => Buffer.from(text, "utf8").toString("latin1");
