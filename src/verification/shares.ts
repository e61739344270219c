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
  /** The verification ended: its wrong checks count for every callee that it had a code for. */
  ended(verification: Verification): void;
}

export function createShares(options: {
  readonly store: Pick<VerificationStore, "reserveCallee" | "settleCallee" | "endCallee">;
  readonly hashes: Pick<Hashes, "callee">;
  readonly maxChecks: number;
  readonly logger: Logger;
}): Shares {
  const { store, hashes, maxChecks, logger } = options;

  /** What is not settled ends by itself. */
  const settle = (work: Promise<void>, id: string) =>
    void work.catch(() => logger.warn({ id }, "the share of another callee could not be settled; it ends by itself"));

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

    ended({ id, app, to, status, checksLeft, deliveries, maxChecks: own }) {
      if (deliveries.length === 1) return;
      const others = new Map<string, { callee: CalleeRef; channel: string }>();
      for (const one of deliveries) {
        if (one.to !== to && one.codeLength !== null && simulatedAs(one.details) === null) {
          others.set(one.to, { callee: hashes.callee(one.to), channel: one.channel });
        }
      }
      // The right one is among the checks that were made.
      const most = own ?? maxChecks;
      const wrong = Math.max(0, most - (checksLeft ?? most) - (status === "verified" ? 1 : 0));
      for (const other of others.values()) settle(store.endCallee({ app, id, ...other }, wrong), id);
    },
  };
}
