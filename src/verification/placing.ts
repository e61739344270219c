/** Finds a line and a caller ID for one call. */
import type { CallerId, CallerIdPool } from "../callerid/types.ts";
import type { Line, Lines } from "../telephony/dialer-port.ts";
import type { Hashes } from "./hashes.ts";
import type { Candidate, Placement } from "./ports.ts";
import { noLine, noSuchCodeLength } from "./refusals.ts";
import type { Verification } from "./types.ts";

/** Enough that the first free one of them is nearly always there: at most half of the range rests for a callee. */
const fewCandidates = 4;
/** For the second try. That all of these rest has a chance of at most 2^-256. */
const mostCandidates = 256;

/** A line for a call, and what may be shown on it. */
export interface Offer {
  readonly line: Line;
  readonly codeLength: number | null;
  /** While more caller IDs than this rest for a callee, it gets no call: see `takeOffer`. */
  readonly mostResting: number;
}

/**
 * Takes a line for a call to a callee.
 *
 * Somebody who did see the callee's earlier calls can rule those caller IDs out. So at least half of the smallest
 * range must be left: that bounds their odds to twice the configured ones.
 * @param codeLength digits that the app asked for; null: any
 * @throws {Refusal} where there is no line or no range
 */
export async function takeOffer(
  lines: Lines,
  pool: CallerIdPool,
  callee: string,
  codeLength: number | null,
): Promise<Offer> {
  const line = await lines.take(callee);
  if ("none" in line) throw noLine(line);
  const sizes = [...pool.sizes(line.ranges, codeLength).values()];
  if (sizes.length === 0) {
    void lines.giveBack(line);
    throw noSuchCodeLength(codeLength);
  }
  return { line, codeLength, mostResting: Math.floor(Math.min(...sizes) / 2) };
}

/** The caller ID that the store leased, and the verification as it is now. */
export interface Leased {
  readonly kind: "leased";
  readonly callerId: CallerId;
  readonly verification: Verification;
}

/**
 * Asks the store to lease one of a few caller IDs drawn at random, and once more with many where all of those rest.
 * Draws are independent and the first free one is taken, so the choice stays uniform over what the callee may receive.
 * @returns the lease, or the store's answer where it leased none
 */
export async function leaseCallerId<Answer extends { readonly kind: string }>(options: {
  readonly pool: CallerIdPool;
  readonly hashes: Hashes;
  readonly offer: Offer;
  readonly verificationId: string;
  readonly callee: string;
  readonly place: (candidates: readonly Candidate[]) => Promise<Answer | Placement>;
}): Promise<Leased | Exclude<Answer | Placement, { kind: "placed" }>> {
  const { pool, hashes, offer, verificationId, callee, place } = options;
  const attempt = async (count: number) => {
    const drawn = pool.draw(offer.line.ranges, offer.codeLength, count);
    const answer = await place(
      drawn.map(({ number, prefix, code }) => ({
        callerIdHash: hashes.callerId(callee, number),
        codeHash: hashes.code(verificationId, code),
        prefix,
        codeLength: code.length,
      })),
    );
    return { drawn, answer: answer as Placement };
  };

  let { drawn, answer } = await attempt(fewCandidates);
  if (answer.kind === "all_resting") {
    ({ drawn, answer } = await attempt(Math.min(answer.resting + 1, mostCandidates)));
  }
  if (answer.kind !== "placed") return answer as Exclude<Answer | Placement, { kind: "placed" }>;
  const callerId = drawn[answer.candidate];
  if (!callerId) throw new Error("the store leased a caller ID that it was not offered");
  return { kind: "leased", callerId, verification: answer.verification };
}
