/** Finds a slot and the caller IDs for one code. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import type { ChannelSlot, ChannelSlots } from "../../telephony/calls/ports.ts";
import type { Hashes } from "../../verification/hashes.ts";
import { noSlot, noSuchCodeLength, rangesExhausted } from "../../verification/refusals.ts";
import type { Candidate, Placement } from "../../verification/store-port.ts";
import type { Verification } from "../../verification/types.ts";

/**
 * Most callees were shown nothing lately, so the first is nearly always free, and each costs three hashes. Where half of
 * the range is not for a callee, every second one needs the second try.
 */
const fewCandidates = 1;
/** For the second try. That none of so many is free has a chance of at most 2^-64; of pairs at most (5/6)^256 = 5·10^-21. */
const manyCandidates = 64;
const mostCandidates = 256;

/** The code that an app wants. */
export interface Wanted {
  /** How many calls tell it: 1 or 2. */
  readonly calls: number;
  /** Digits of all calls together; null: any. */
  readonly codeLength: number | null;
}

/** A slot for a call, and what may be shown on it. */
export interface Offer {
  readonly slot: ChannelSlot;
  readonly calls: number;
  /** Of the code that one of the calls tells; null: any. */
  readonly digits: number | null;
}

/**
 * Takes a slot for the first call to a callee.
 * @throws {Refusal} where there is no slot or no range
 */
export async function takeOffer(
  slots: ChannelSlots,
  pool: CallerIdPool,
  callee: string,
  { calls, codeLength }: Wanted,
): Promise<Offer> {
  const slot = await slots.reserve(callee);
  if ("none" in slot) throw noSlot(slot);
  const digits = codeLength === null ? null : codeLength / calls;
  if (pool.sizes(slot.ranges, digits).size === 0) {
    void slots.release(slot);
    throw noSuchCodeLength(codeLength, calls);
  }
  return { slot, calls, digits };
}

/** The caller IDs that the store leased, one for each call in order, and the verification as it is now. */
export interface Leased {
  readonly kind: "leased";
  readonly callerIds: readonly CallerId[];
  readonly verification: Verification;
}

/**
 * Asks the store to lease one of a few caller IDs drawn at random (or pairs of them, for two calls), and once more with
 * many where none of those is free: at a cap or resting for everybody, or shown to this callee lately.
 * Draws are independent and the first free one is taken, so the choice stays uniform over what the callee may receive.
 * @param options.place gets the candidates, and how many caller IDs may rest for this callee (see `reserveOf`)
 * @returns the lease, or the store's answer where it leased none
 * @throws {Refusal} where too much of the ranges is out for everybody
 */
export async function leaseCallerIds<Answer extends { readonly kind: string }>(options: {
  readonly pool: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly hashes: Hashes;
  readonly offer: Offer;
  readonly verificationId: string;
  readonly callee: string;
  readonly place: (candidates: readonly Candidate[], maxCoolingDown: number) => Promise<Answer | Placement>;
}): Promise<Leased | Exclude<Answer | Placement, { kind: "placed" }>> {
  const { pool, reputation, hashes, offer, verificationId, callee, place } = options;
  const attempt = async (count: number) => {
    const fitness = await reputation.look(offer.slot.ranges, offer.digits, draw(pool, offer, count));
    if (fitness === null) throw rangesExhausted();
    const { fit, out, maxCoolingDown } = fitness;
    if (fit.length === 0) return { fit, out, answer: { kind: "all_cooling_down", resting: 0 } as Placement };
    const candidates = fit.map((callerIds) => candidate(callerIds, hashes, verificationId, callee));
    return { fit, out, answer: (await place(candidates, maxCoolingDown)) as Placement };
  };

  let { fit, out, answer } = await attempt(fewCandidates);
  if (answer.kind === "all_cooling_down") {
    // Of `resting` + `out` + 1 different numbers one is free; pairs give no such certainty.
    const enough = offer.calls === 1 ? Math.max(answer.resting + out + 1, manyCandidates) : mostCandidates;
    ({ fit, answer } = await attempt(Math.min(enough, mostCandidates)));
  }
  if (answer.kind !== "placed") return answer as Exclude<Answer | Placement, { kind: "placed" }>;
  const callerIds = fit[answer.candidate];
  if (!callerIds) throw new Error("the store leased caller IDs that it was not offered");
  return { kind: "leased", callerIds, verification: answer.verification };
}

function draw(pool: CallerIdPool, { slot, calls, digits }: Offer, count: number): readonly (readonly CallerId[])[] {
  if (calls === 2) return pool.drawPairs(slot.ranges, digits, count);
  return pool.draw(slot.ranges, digits, count).map((callerId) => [callerId]);
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
