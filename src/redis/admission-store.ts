/** Counts the calls of all gateways together: each method is one script, one round trip. The scripts are in lua/. */
import type { BatchTimer } from "../shared/batch-timer.ts";
import { deferred } from "../shared/deferred.ts";
import {
  type Admission,
  type Caller,
  type CallerLimit,
  callerLimits,
  type LimitedPath,
  type ReserveAnswer,
  type SlotEvent,
  type TakenSlot,
} from "../telephony/trunks/admission-port.ts";
import { admissionKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** Largest batch of one script, which then blocks the store for about a millisecond at most. */
const mostPerBatch = 100;

export interface AdmissionStore extends Admission {
  /** Resolves when all slots that were released so far are free, or the store did not answer. */
  settled(): Promise<void>;
}

interface Batch {
  readonly args: (string | number)[];
  slots: number;
  /** Resolves when the store has accepted it. */
  readonly sent: Promise<void>;
  readonly send: () => void;
}

/** @param batchTimer slots are released with it: at hundreds of calls a second one script releases many */
export function createAdmissionStore(run: RunScript, batchTimer: BatchTimer): AdmissionStore {
  /** The current batch; bounded by `mostPerBatch`. */
  let batch: Batch | null = null;
  const underWay = new Set<Promise<void>>();
  /** Leases whose alerting was reported, and whether the store has it; each goes with its end. */
  const alerted = new Map<string, boolean>();

  function openBatch(): Batch {
    const args: (string | number)[] = [];
    const { promise: full, resolve: send } = deferred<void>();
    const sent = full.then(() => run("release_slot", admissionKey, args)).then(() => undefined);
    underWay.add(sent);
    const done = () => underWay.delete(sent);
    sent.then(done, done);
    const opened = { args, slots: 0, sent, send };
    void batchTimer.next().then(() => {
      if (batch === opened) closeBatch();
    });
    return opened;
  }

  function closeBatch(): void {
    batch?.send();
    batch = null;
  }

  return {
    async reserve({ leaseId, leaseMs, maxWaitMs, caller, paths }) {
      const args = [leaseId, leaseMs, maxWaitMs, ...callerArgs(caller), ...paths.flatMap(pathArgs)];
      return readReserved((await run("reserve_slot", admissionKey, args)) as Reply);
    },
    settle(slot, event) {
      batch ??= openBatch();
      const { sent } = batch;
      const { leaseId } = slot;
      batch.args.push(...settleArgs(slot, event, alerted.get(leaseId) === true));
      batch.slots += 1;
      if (event === "alerted") {
        alerted.set(leaseId, false);
        // Not where the call ended meanwhile: nothing would take it out again.
        const known = () => alerted.has(leaseId) && alerted.set(leaseId, true);
        sent.then(known).catch(() => undefined);
      } else alerted.delete(leaseId);
      // The scheduled time of a refused start is free again at once: with batching, refused starts would queue.
      if (event === "unused" || batch.slots >= mostPerBatch) closeBatch();
      return sent;
    },
    async settled() {
      closeBatch();
      await Promise.allSettled(underWay);
    },
  };
}

/** In the order of `callerLimits`; 0: no limit. */
function callerArgs(caller: Caller): (string | number)[] {
  const { app, prefix, weight, sharesTrunks, isNext } = caller;
  return [app, prefix, weight, Number(sharesTrunks), Number(isNext), ...callerLimits.map((name) => caller[name] ?? 0)];
}

function settleArgs({ leaseId, path, caller }: TakenSlot, event: SlotEvent, isAlerted: boolean): (string | number)[] {
  const counted = (name: CallerLimit) => (caller.isNext ? 0 : (caller[name] ?? 0));
  return [
    ...[leaseId, event, caller.app, caller.prefix, countedIn(caller) + (isAlerted ? 8 : 0)],
    ...[counted("app_calls_per_second"), counted("app_calls_per_day")],
    ...[counted("prefix_calls_per_second"), counted("prefix_calls_per_day")],
    ...pathArgs(path),
  ];
}

/** Sets of leases beside the trunk's and the Asterisk's, as release_slot.lua reads them. */
function countedIn({ sharesTrunks, app_concurrent_calls: ofApp, prefix_concurrent_calls: ofPrefix }: Caller): number {
  return (sharesTrunks ? 1 : 0) + (ofApp ? 2 : 0) + (ofPrefix ? 4 : 0);
}

function pathArgs({ trunk, trunkLimits, asterisk, asteriskLimits }: LimitedPath): (string | number)[] {
  return [
    ...[trunk, trunkLimits.callsPerSecond, trunkLimits.maxConcurrentCalls],
    ...[asterisk, asteriskLimits.callsPerSecond, asteriskLimits.maxConcurrentCalls],
  ];
}

function readReserved([kind, first, second]: Reply): ReserveAnswer {
  switch (kind) {
    case "taken":
      // Lua counts from 1.
      return { kind, path: Number(first) - 1, waitMs: Number(second) };
    case "full":
      return { kind, retryAfterMs: Number(first) };
    case "limited":
      return { kind, limit: first as CallerLimit, retryAfterMs: Number(second) };
    case "out_of_service":
      return { kind };
    default:
      throw new Error(`a script answered ${String(kind)}, which this version does not know`);
  }
}
