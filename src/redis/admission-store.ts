/** Counts the calls of all gateways together: each method is one script, one round trip. What they do stands in lua/. */
import type { BatchTimer } from "../shared/batch-timer.ts";
import { deferred } from "../shared/deferred.ts";
import type { Admission, LimitedPath, ReserveAnswer } from "../telephony/trunks/admission-port.ts";
import { admissionKey } from "./keys.ts";
import type { Reply, RunScript } from "./run.ts";

/** What one script takes: it holds up nobody for longer than about a millisecond. */
const mostPerBatch = 100;

export interface AdmissionStore extends Admission {
  /** Resolves when all places that were given back so far are free, or the store did not take them. */
  settled(): Promise<void>;
}

interface Batch {
  readonly args: (string | number)[];
  /** Resolves when the store took it. */
  readonly sent: Promise<void>;
  readonly send: () => void;
}

/** @param batchTimer places are given back with it: at hundreds of calls a second one script takes many, and nobody waits for it */
export function createAdmissionStore(run: RunScript, batchTimer: BatchTimer): AdmissionStore {
  /** The batch that is being collected; bounded by `mostPerBatch`. */
  let batch: Batch | null = null;
  const underWay = new Set<Promise<void>>();

  function openBatch(): Batch {
    const args: (string | number)[] = [];
    const { promise: full, resolve: send } = deferred<void>();
    const sent = full.then(() => run("release_slot", admissionKey, args)).then(() => undefined);
    underWay.add(sent);
    const done = () => underWay.delete(sent);
    sent.then(done, done);
    const opened = { args, sent, send };
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
    async reserve({ leaseId, leaseMs, maxWaitMs, paths }) {
      const args = [leaseId, leaseMs, maxWaitMs, ...paths.flatMap(pathArgs)];
      return readReserved((await run("reserve_slot", admissionKey, args)) as Reply);
    },
    release(leaseId, path, unused) {
      batch ??= openBatch();
      const { args, sent } = batch;
      const place = [leaseId, unused ? 1 : 0, ...pathArgs(path)];
      args.push(...place);
      if (args.length >= mostPerBatch * place.length) closeBatch();
      return sent;
    },
    async settled() {
      closeBatch();
      await Promise.allSettled(underWay);
    },
  };
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
    case "out_of_service":
      return { kind };
    default:
      throw new Error(`a script answered ${String(kind)}, which this version does not know`);
  }
}
