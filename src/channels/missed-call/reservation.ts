/** Holds a channel slot until the store has leased caller IDs for it or refused. */
import { codesOf } from "../../caller-ids/entropy.ts";
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import { Refusal } from "../../shared/refusal.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { DeliveryOrder, Reservation } from "../../verification/channel-port.ts";
import type { Hashes } from "../../verification/hashes.ts";
import { codeNotAvailable } from "../../verification/refusals.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import { noSlot } from "../calls/refusals.ts";
import type { Calls } from "./calls.ts";
import { leaseCallerIds } from "./offer.ts";
import { noSuchCodeLength, type PermittedCalls, rangesTooSmall } from "./refusals.ts";

/** The end of each call's caller ID. */
function endingsOf(code: string, calls: number): readonly string[] {
  const each = code.length / calls;
  return Array.from({ length: calls }, (_, call) => code.slice(call * each, (call + 1) * each));
}

/** Which caller IDs are at a cap or in cool-down is not revealed by codes that an app tries. */
function withoutCause(error: unknown): never {
  throw error instanceof Refusal && error.code === "capacity" ? codeNotAvailable() : error;
}

/**
 * Reserves a channel slot for the first call to a callee.
 * @param calls how many calls carry the code
 * @throws {Refusal} where there is no slot or no range
 */
export async function reserveCall(
  parts: {
    readonly slots: ChannelSlots;
    readonly pool: CallerIdPool;
    readonly reputation: CallerIdReputation;
    readonly hashes: Hashes;
    readonly calls: Calls;
    readonly hangUps: Pick<HangUps, "gateway">;
    /** How long a callee does not get a caller ID again. */
    readonly cooldownMs: number;
    readonly permittedCalls: () => PermittedCalls;
    /** Of one guess: more than these would be found by the wrong checks of one callee too easily. */
    readonly mostOdds: number;
  },
  { verificationId, app, to, codeLength, appCode, bounds }: DeliveryOrder,
  calls: number,
): Promise<Reservation> {
  const { slots, pool } = parts;
  const endings = appCode === null ? null : endingsOf(appCode, calls);
  const slot = await slots.reserve(to, app.name, undefined, bounds?.ranges);
  if ("none" in slot) throw noSlot(slot);
  const { ranges } = slot;
  // Of an app's code the endings decide which ranges can show it.
  const digits = codeLength === null || appCode !== null ? null : codeLength / calls;
  const groups = [...pool.sizes(ranges, digits).values()];
  if (groups.length === 0) {
    void slots.release(slot);
    throw noSuchCodeLength(codeLength, calls, pool.lengths(ranges), parts.permittedCalls());
  }
  // An app's code is as hard to guess as its length says, where the app draws it at random.
  const odds = appCode === null ? 1 / codesOf(Math.min(...groups), calls) : 10 ** -appCode.length;
  // Profiles are checked when they are made; the gateway's ranges may have changed since.
  if (bounds?.ranges != null && appCode === null && odds > parts.mostOdds * (1 + 1e-9)) {
    void slots.release(slot);
    throw rangesTooSmall();
  }
  let leased: readonly CallerId[] | null = null;
  return {
    async begin(start) {
      const { gateway } = parts.hangUps;
      const wanted = { ranges, calls, digits, endings, odds, ringMs: bounds?.ringMs ?? null, gateway };
      const callMs = parts.calls.longestMs(calls);
      const overMs = parts.calls.expectedMs(calls);
      const lease = leaseCallerIds({ ...parts, wanted, verificationId, callee: to, callMs, overMs, start });
      const { answer, callerIds } = await (appCode === null ? lease : lease.catch(withoutCause));
      if (appCode !== null && answer.kind === "refused") throw codeNotAvailable();
      leased = callerIds;
      return answer;
    },
    commit(verification) {
      parts.calls.place(verification, leased ?? [], slot);
    },
    release: () => void slots.release(slot),
  };
}
