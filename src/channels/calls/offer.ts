/** Offers caller IDs for a call to the store until it takes one. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId } from "../../caller-ids/types.ts";
import type { BeginAnswer } from "../../verification/store-port.ts";
import { rangesExhausted } from "./refusals.ts";

/**
 * Most callees were shown no caller ID recently, so the first is nearly always free, and each costs three hashes. Where
 * half of the range is unavailable to a callee, every second start needs the second offer.
 */
const fewCandidates = 1;
/** For the second offer. The probability that none of them is free is at most 2^-64; of pairs at most (5/6)^256 = 5·10^-21. */
const manyCandidates = 64;
const maxCandidates = 256;

/** The candidate that the store leased: the caller ID of each call, in order. */
export interface Leased {
  readonly answer: BeginAnswer;
  /** Null where no delivery was begun. */
  readonly callerIds: readonly CallerId[] | null;
}

/**
 * Offers one of a few caller IDs drawn at random (or pairs of them, for two calls), and once more with many where none
 * of those is free: at a cap or in cool-down, or shown to this callee recently.
 * Draws are independent and the first free one is taken, so the choice stays uniform over what the callee may receive.
 * @throws {Refusal} where too much of the ranges is unavailable
 */
export async function offerCallerIds(options: {
  readonly reputation: CallerIdReputation;
  /** Names of the ranges that the reserved trunk may present. */
  readonly ranges: readonly string[];
  /** Digits of each caller ID's code; null: any. */
  readonly digits: number | null;
  /** Caller IDs of one candidate. */
  readonly calls: number;
  /** Offers as many as there may be at once, and nothing after that; default false. */
  readonly once?: boolean;
  readonly draw: (count: number) => readonly (readonly CallerId[])[];
  /** @param fit the candidates in order @param maxCoolingDown most caller IDs that may be in cool-down for this callee */
  readonly start: (fit: readonly (readonly CallerId[])[], maxCoolingDown: number) => Promise<BeginAnswer>;
}): Promise<Leased> {
  const { reputation, ranges, digits, calls, once = false, draw, start } = options;
  const offer = async (count: number) => {
    const fitness = await reputation.look(ranges, digits, draw(count));
    if (fitness === null) throw rangesExhausted();
    const { fit, unavailable, maxCoolingDown } = fitness;
    return { fit, unavailable, answer: fit.length === 0 ? noneFree : await start(fit, maxCoolingDown) };
  };

  let { fit, unavailable, answer } = await offer(once ? maxCandidates : fewCandidates);
  if (!once && answer.kind === "refused" && answer.why === "all_cooling_down") {
    // Among this many distinct numbers at least one is free; with pairs that is not certain.
    const enough = calls === 1 ? Math.max(answer.figure + unavailable + 1, manyCandidates) : maxCandidates;
    ({ fit, answer } = await offer(Math.min(enough, maxCandidates)));
  }
  if (answer.kind !== "begun") return { answer, callerIds: null };
  const callerIds = fit[answer.choice];
  if (!callerIds) throw new Error("the store leased caller IDs that it was not offered");
  return { answer, callerIds };
}

const noneFree: BeginAnswer = { kind: "refused", why: "all_cooling_down", figure: 0 };
