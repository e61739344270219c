/**
 * Limits of callees that are not a verification's own: a step may have another recipient, and what counts for that one lies
 * in its own slot. Its share is reserved before the delivery begins, as a lease, and settled afterwards.
 */
import type { Logger } from "pino";
import { codeLifetimeMs } from "./codes.ts";
import type { CalleeRef, Hashes } from "./hashes.ts";
import { limited } from "./refusals.ts";
import { simulatedAs } from "./simulated/reservation.ts";
import type { CalleeShare, VerificationStore } from "./store-port.ts";
import { newestOf, type Verification } from "./types.ts";

/** A code is accepted so long after its last sending; then no wrong check can be made of it. */
const leaseMs = codeLifetimeMs + 60_000;
/** After its set-up a call that nobody answers is over soon. */
const longestRingMs = 60_000;

/** Names the delivery in its callee's state. */
const tokenOf = (id: string, number: number) => `${id}-d${number}`;

export interface Share {
  /** The delivery began. */
  begun(number: number): void;
  /** It did not. */
  refused(): void;
}

export interface Shares {
  /** @throws {Refusal} where one of the callee's limits blocks the delivery */
  reserve(
    share: CalleeShare,
    channel: { readonly rings: boolean; readonly setupLimitMs: number },
    automatic: boolean,
  ): Promise<Share>;
  /** The call of its newest delivery is over: another may begin. */
  callOver(verification: Verification): void;
  /**
   * A check was wrong, and the verification goes on: its wrong checks count for every callee that it had a code for. What was
   * reserved for them ends while other deliveries may keep it open.
   */
  checked(verification: Verification): void;
  /** The verification ended: the same, and what was reserved beyond them is given back. */
  ended(verification: Verification): void;
}

export function createShares(options: {
  readonly store: Pick<VerificationStore, "reserveCallee" | "settleCallee" | "countCallee">;
  readonly hashes: Pick<Hashes, "callee">;
  readonly maxChecks: number;
  readonly logger: Logger;
}): Shares {
  const { store, hashes, maxChecks, logger } = options;

  /** What is not settled ends by itself. */
  const settle = (work: Promise<void>, id: string) =>
    void work.catch(() => logger.warn({ id }, "the share of another callee could not be settled; it ends by itself"));

  /** The callees beside its own that it had a code for. */
  function othersOf({ to, deliveries }: Verification) {
    const others = new Map<string, { callee: CalleeRef; channel: string }>();
    if (deliveries.length === 1) return others;
    for (const one of deliveries) {
      if (one.to !== to && one.codeLength !== null && simulatedAs(one.details) === null) {
        others.set(one.to, { callee: hashes.callee(one.to), channel: one.channel });
      }
    }
    return others;
  }

  function countChecks(verification: Verification, ended: boolean): void {
    const { id, app, status, checksLeft, maxChecks: own } = verification;
    // The right one is among the checks that were made; a profile's are never more than the gateway's.
    const most = Math.min(own ?? maxChecks, maxChecks);
    const wrong = Math.max(0, most - (checksLeft ?? most) - (status === "verified" ? 1 : 0));
    for (const other of othersOf(verification).values()) {
      settle(store.countCallee({ app, id, ...other }, wrong, ended), id);
    }
  }

  return {
    async reserve(share, { rings, setupLimitMs }, automatic) {
      const found = await store.reserveCallee({ ...share, automatic, codeMs: leaseMs, rings });
      if ("limit" in found) throw limited(found.limit, found.retryAfterMs);
      const { renewed } = found;
      const ringMs = rings ? setupLimitMs + longestRingMs : 0;
      return {
        begun: (number) =>
          settle(store.settleCallee(share, { how: "begun", token: tokenOf(share.id, number), ringMs }), share.id),
        refused: () => settle(store.settleCallee(share, { how: "refused", renewed }), share.id),
      };
    },

    callOver(verification) {
      const { id, app, to } = verification;
      const { number, channel, to: other } = newestOf(verification);
      if (other === to) return;
      const share = { app, callee: hashes.callee(other), id, channel };
      settle(store.settleCallee(share, { how: "over", token: tokenOf(id, number) }), id);
    },

    checked: (verification) => countChecks(verification, false),
    ended: (verification) => countChecks(verification, true),
  };
}
