/** Offers caller IDs for one code to the store. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import type { Hashes } from "../../verification/hashes.ts";
import type { BeginAnswer, ScriptArgs } from "../../verification/store-port.ts";
import type { PlacedBy } from "../calls/hang-up.ts";
import { type Leased, offerCallerIds } from "../calls/offer.ts";

/** The requested code. */
export interface Wanted {
  /** Caller-ID ranges that the reserved trunk may present. */
  readonly ranges: readonly string[];
  /** How many calls carry it: 1 or 2. */
  readonly calls: number;
  /** Digits of the code in each call; null: any. */
  readonly digits: number | null;
  /** The app's own code, as the end of the caller ID of each call; null: any caller IDs. */
  readonly endings: readonly string[] | null;
  /** Odds of one guess at the code, at worst. */
  readonly odds: number;
  /** Ring time of the app's calls; null: `calls.ring_ms`. */
  readonly ringMs: number | null;
  /** The gateway that places the calls. */
  readonly gateway: string;
}

/** @throws {Refusal} where too much of the ranges is unavailable */
export async function leaseCallerIds(options: {
  readonly pool: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly hashes: Hashes;
  readonly wanted: Wanted;
  readonly verificationId: string;
  /** E.164 with the plus sign. */
  readonly callee: string;
  /** When a call without a reported end counts as lost, in milliseconds from now. */
  readonly callMs: number;
  /** When it should be over, in milliseconds from now. */
  readonly overMs: number;
  /** How long a callee does not get a caller ID again. */
  readonly cooldownMs: number;
  readonly start: (args: ScriptArgs) => Promise<BeginAnswer>;
}): Promise<Leased> {
  const { pool, reputation, hashes, wanted, verificationId, callee, callMs, overMs, cooldownMs, start } = options;
  const { ranges, digits, calls, endings, odds } = wanted;
  return offerCallerIds({
    ...{ reputation, ranges, digits, calls },
    // Few caller IDs have an ending: all of them are offered at once.
    once: endings !== null,
    draw: (count) => draw(pool, wanted, count),
    start: (fit, maxCoolingDown) => {
      const candidates = fit.flatMap((callerIds) => candidateArgs(callerIds, wanted, hashes, verificationId, callee));
      const source = endings === null ? "own" : "app";
      return start([calls, callMs, maxCoolingDown, cooldownMs, overMs, odds, source, ...candidates]);
    },
  });
}

function draw(pool: CallerIdPool, wanted: Wanted, count: number): readonly (readonly CallerId[])[] {
  const { ranges, calls, digits, endings } = wanted;
  if (endings !== null) return drawEndings(pool, ranges, endings, count);
  if (calls === 2) return pool.drawPairs(ranges, digits, count);
  return pool.draw(ranges, digits, count).map((callerId) => [callerId]);
}

/** Caller IDs with the app's code as their end; for two calls pairs of different ones with the same prefix. */
function drawEndings(
  pool: CallerIdPool,
  ranges: readonly string[],
  [first = "", second]: readonly string[],
  count: number,
): readonly (readonly CallerId[])[] {
  const firsts = pool.drawEnding(ranges, first, count);
  if (second === undefined) return firsts.map((callerId) => [callerId]);
  const seconds = pool.drawEnding(ranges, second, count);
  return firsts.flatMap((one, i) => {
    // Each first call with one second call: the draws are in random order, so the pairs are.
    const fits = (other: CallerId) => other.prefix === one.prefix && other.number !== one.number;
    const other = [...seconds.slice(i), ...seconds.slice(0, i)].find(fits);
    return other === undefined ? [] : [[one, other]];
  });
}

/** One candidate as lua/start.lua reads it. */
function candidateArgs(
  callerIds: readonly CallerId[],
  { endings, ringMs, gateway }: Wanted,
  hashes: Hashes,
  id: string,
  callee: string,
): ScriptArgs {
  const code = endings?.join("") ?? callerIds.map((callerId) => callerId.code).join("");
  const digits = callerIds[0]?.code.length ?? 0;
  const shown = endings?.[0]?.length ?? digits;
  const details: MissedCallDetails = {
    ...{ prefix: callerIds[0]?.prefix ?? "", digits },
    ...(shown < digits && { codeDigits: shown }),
    ...(ringMs !== null && { ringMs }),
    gateway,
  };
  return [
    ...callerIds.map(({ number }) => hashes.callerId(callee, number)),
    hashes.code(id, code),
    code.length,
    JSON.stringify(details),
  ];
}

/** The details that are stored from a missed call's start on; the app may see them, without the gateway. */
export interface MissedCallDetails extends PlacedBy {
  /** The prefix of all its possible caller IDs, E.164 with the plus sign; the same for both calls. */
  readonly prefix: string;
  /** Digits that follow: the code, or of two calls the half of each. */
  readonly digits: number;
  /** How many of those are the code of one call, at the end; without it all. */
  readonly codeDigits?: number;
  /** Ring time in milliseconds; without it `calls.ring_ms`. */
  readonly ringMs?: number;
}
