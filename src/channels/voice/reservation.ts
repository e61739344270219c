/** Holds a channel slot until the store has leased a caller ID and counted the call, or refused. */
import type { CallerIdReputation } from "../../caller-ids/reputation.ts";
import type { CallerId, CallerIdPool } from "../../caller-ids/types.ts";
import type { Dialer, KeptCall } from "../../telephony/calls/ports.ts";
import type { ChannelSlot, ChannelSlots } from "../../telephony/trunks/slots-port.ts";
import type { CodeOffer, DeliveryOrder, Reservation } from "../../verification/channel-port.ts";
import type { Hashes } from "../../verification/hashes.ts";
import type { VerificationStore } from "../../verification/store-port.ts";
import type { Verification } from "../../verification/types.ts";
import type { PlacedBy } from "../calls/hang-up.ts";
import type { HangUps } from "../calls/hang-ups-port.ts";
import { offerCallerIds } from "../calls/offer.ts";
import { noSlot } from "../calls/refusals.ts";
import { cannotSpeak } from "./refusals.ts";
import { showElsewhere } from "./show-elsewhere.ts";

export interface VoiceReserving {
  readonly slots: ChannelSlots;
  readonly pool: CallerIdPool;
  readonly reputation: CallerIdReputation;
  readonly hashes: Hashes;
  readonly store: Pick<VerificationStore, "runOnCallee">;
  readonly dialer: Pick<Dialer, "limitsOf">;
  readonly keep: KeptCall;
  readonly hangUps: Pick<HangUps, "gateway">;
  readonly offer: CodeOffer;
  /** Whether any Asterisk can serve voice calls now. */
  readonly canServeAny: () => boolean;
  /** How long a callee does not get a caller ID again. */
  readonly cooldownMs: number;
}

/** A call that the store has begun. */
export interface BegunCall {
  readonly verification: Verification;
  readonly callerId: CallerId;
  readonly slot: ChannelSlot;
  readonly code: string;
}

/**
 * The caller ID is drawn like a missed call's, and counts as shown: it stays in the call log, so no missed call may come
 * from it while it is in cool-down, and it is none that such a call showed before.
 * @param place places the call; the slot is its own from then on
 * @throws {Refusal} where there is no slot
 */
export async function reserveVoiceCall(
  parts: VoiceReserving,
  order: DeliveryOrder,
  place: (call: BegunCall) => void,
): Promise<Reservation> {
  const { slots, pool, reputation, hashes, keep, offer, cooldownMs } = parts;
  const { app, to, bounds } = order;
  if (!parts.canServeAny()) throw cannotSpeak();
  const { longestCallMs, remainingMs } = parts.dialer.limitsOf(keep);
  const slot = await slots.reserve(to, app.name, { canServe: keep.canServe, longestCallMs }, bounds?.ranges);
  if ("none" in slot) throw noSlot(slot);
  const { ranges } = slot;
  const limits = [longestCallMs, remainingMs.calling];
  const details = JSON.stringify({ gateway: parts.hangUps.gateway } satisfies PlacedBy);
  let begun: Pick<BegunCall, "callerId" | "code"> | null = null;
  return {
    async begin(start) {
      let code = "";
      const { answer, callerIds } = await offerCallerIds({
        ...{ reputation, ranges, digits: null, calls: 1 },
        draw: (count) => pool.draw(ranges, null, count).map((callerId) => [callerId]),
        async start(fit, maxCoolingDown) {
          const shown = fit.flat().map(({ number }) => hashes.callerId(to, number));
          const most = [maxCoolingDown, cooldownMs];
          const begin = (taken: readonly string[]) => start([...offer.args, ...limits, ...most, details, ...taken]);
          const answer = order.elsewhere
            ? await showElsewhere(parts.store, order, most, shown, () => begin([]))
            : await begin(shown);
          if (answer.kind !== "begun") return answer;
          // One figure for two choices: see lua/start.lua.
          code = offer.code(Math.floor(answer.choice / fit.length));
          return { ...answer, choice: answer.choice % fit.length };
        },
      });
      const callerId = callerIds?.[0];
      if (callerId !== undefined) begun = { callerId, code };
      return answer;
    },
    commit(verification) {
      if (begun === null) throw new Error("a call is placed only after it was begun");
      place({ verification, slot, ...begun });
    },
    release: () => void slots.release(slot),
  };
}
