/** Holds a channel slot until the store has leased caller IDs for it or refused. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import type { ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { DeliveryOrder, Reservation } from "../../verification/channel-port.ts";
import type { Hashes } from "../../verification/hashes.ts";
import type { Calls } from "./calls.ts";
import { leaseCallerIds } from "./offer.ts";
import { noSlot, noSuchCodeLength } from "./refusals.ts";

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
    /** How long a callee does not get a caller ID again. */
    readonly cooldownMs: number;
  },
  { verificationId, app, to, codeLength }: DeliveryOrder,
  calls: number,
): Promise<Reservation> {
  const { slots, pool } = parts;
  const slot = await slots.reserve(to, app.name);
  if ("none" in slot) throw noSlot(slot);
  const { ranges } = slot;
  const digits = codeLength === null ? null : codeLength / calls;
  if (pool.sizes(ranges, digits).size === 0) {
    void slots.release(slot);
    throw noSuchCodeLength(codeLength);
  }
  let leased: readonly CallerId[] | null = null;
  return {
    async begin(start) {
      const wanted = { ranges, calls, digits };
      const callMs = parts.calls.longestMs(calls);
      const overMs = parts.calls.expectedMs(calls);
      const { answer, callerIds } = await leaseCallerIds({
        ...parts,
        wanted,
        verificationId,
        callee: to,
        callMs,
        overMs,
        start,
      });
      leased = callerIds;
      return answer;
    },
    commit(verification) {
      parts.calls.place(verification, leased ?? [], slot);
    },
    release: () => void slots.release(slot),
  };
}
