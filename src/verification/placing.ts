/** Finds a line and the caller IDs for one code. */
import type { CallerId, CallerIdPool } from "../callerid/types.ts";
import type { Line, Lines } from "../telephony/dialer-port.ts";
import type { Hashes } from "./hashes.ts";
import type { Candidate, Placement } from "./ports.ts";
import { noLine, noSuchCodeLength } from "./refusals.ts";
import type { Verification } from "./types.ts";

/** Enough that the first free one of them is nearly always there: at most half of the range rests for a callee. */
const fewCandidates = 4;
/** For the second try. That all of these rest has a chance of at most 2^-256; of pairs at most (5/6)^256 = 5·10^-21. */
const mostCandidates = 256;

/** The code that an app wants. */
export interface Wanted {
  /** How many calls tell it: 1 or 2. */
  readonly calls: number;
  /** Digits of all calls together; null: any. */
  readonly codeLength: number | null;
}

/** A line for a call, and what may be shown on it. */
export interface Offer {
  readonly line: Line;
  readonly calls: number;
  /** Of the code that one of the calls tells; null: any. */
  readonly digits: number | null;
  /** While more caller IDs than this rest for a callee, it gets no call: see `takeOffer`. */
  readonly mostResting: number;
}

/**
 * Takes a line for the first call to a callee.
 *
 * Somebody who did see the callee's earlier calls can rule those caller IDs out. So at least half of the smallest
 * range must be left: that bounds their odds to twice the configured ones.
 * @throws {Refusal} where there is no line or no range
 */
export async function takeOffer(
  lines: Lines,
  pool: CallerIdPool,
  callee: string,
  { calls, codeLength }: Wanted,
): Promise<Offer> {
  const line = await lines.take(callee);
  if ("none" in line) throw noLine(line);
  const digits = codeLength === null ? null : codeLength / calls;
  const sizes = [...pool.sizes(line.ranges, digits).values()];
  if (sizes.length === 0) {
    void lines.giveBack(line);
    throw noSuchCodeLength(codeLength, calls);
  }
  return { line, calls, digits, mostResting: Math.floor(Math.min(...sizes) / 2) };
}

/** The caller IDs that the store leased, one for each call in order, and the verification as it is now. */
export interface Leased {
  readonly kind: "leased";
  readonly callerIds: readonly CallerId[];
  readonly verification: Verification;
}

/**
 * Asks the store to lease one of a few caller IDs drawn at random (or pairs of them, for two calls), and once more with
 * many where all of those rest.
 * Draws are independent and the first free one is taken, so the choice stays uniform over what the callee may receive.
 * @returns the lease, or the store's answer where it leased none
 */
export async function leaseCallerIds<Answer extends { readonly kind: string }>(options: {
  readonly pool: CallerIdPool;
  readonly hashes: Hashes;
  readonly offer: Offer;
  readonly verificationId: string;
  readonly callee: string;
  readonly place: (candidates: readonly Candidate[]) => Promise<Answer | Placement>;
}): Promise<Leased | Exclude<Answer | Placement, { kind: "placed" }>> {
  const { pool, hashes, offer, verificationId, callee, place } = options;
  const attempt = async (count: number) => {
    const drawn = draw(pool, offer, count);
    const answer = await place(drawn.map((callerIds) => candidate(callerIds, hashes, verificationId, callee)));
    return { drawn, answer: answer as Placement };
  };

  let { drawn, answer } = await attempt(fewCandidates);
  if (answer.kind === "all_resting") {
    // Of `resting` + 1 different numbers one is free; pairs give no such certainty.
    const enough = offer.calls === 1 ? answer.resting + 1 : mostCandidates;
    ({ drawn, answer } = await attempt(Math.min(enough, mostCandidates)));
  }
  if (answer.kind !== "placed") return answer as Exclude<Answer | Placement, { kind: "placed" }>;
  const callerIds = drawn[answer.candidate];
  if (!callerIds) throw new Error("the store leased caller IDs that it was not offered");
  return { kind: "leased", callerIds, verification: answer.verification };
}

function draw(pool: CallerIdPool, { line, calls, digits }: Offer, count: number): readonly (readonly CallerId[])[] {
  if (calls === 2) return pool.drawPairs(line.ranges, digits, count);
  return pool.draw(line.ranges, digits, count).map((callerId) => [callerId]);
}

function candidate(callerIds: readonly CallerId[], hashes: Hashes, id: string, callee: string): Candidate {
  const code = callerIds.map((callerId) => callerId.code).join("");
  return {
    callerIdHashes: callerIds.map(({ number }) => hashes.callerId(callee, number)),
    codeHash: hashes.code(id, code),
    prefix: callerIds[0]?.prefix ?? "",
    codeLength: code.length,
  };
}
