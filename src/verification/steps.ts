/**
 * Begins the steps of workflows: those that Redis leases to this gateway because they are due, and those that follow a
 * delivery of this gateway that failed. A step that is not begun (Redis is down, the callee's phone still rings) is due
 * again when its lease ends, at any gateway; a step that was begun twice is refused by Redis.
 */
import type { Logger } from "pino";
import { Refusal } from "../shared/refusal.ts";
import { LimitRefusal, staleStep } from "./refusals.ts";
import type { DueStep, RefusedStep, VerificationStore } from "./store-port.ts";
import type { Verification } from "./types.ts";

/** Steps that are begun at once: each may hold a channel slot or a connection. */
const mostAtOnce = 20;
/** Steps that wait for that; further ones are left to other gateways, or to the next look. */
const mostWaiting = 2000;

export interface Steps {
  /** Begins the step in the background. Never throws. */
  begin(due: DueStep): void;
  /** The same of a verification that must be read first. */
  follow(app: string, id: string, step: number): void;
  /** Whether it takes more now. */
  taken(): boolean;
  /** Begins no more. Resolves when nothing is in progress. */
  stop(): Promise<void>;
  /** Resolves when nothing is in progress or waiting. */
  settled(): Promise<void>;
}

/** Refusals after which the next step follows: this channel cannot deliver now, another one may. */
const skipping: ReadonlySet<string> = new Set([
  "channel_unavailable",
  "telephony_unavailable",
  "capacity",
  "rate_limited",
  "delivery_denied",
  "code_not_available",
  "country_not_allowed",
  "not_supported",
  // By the profile, or because of the hour.
  "number_not_callable",
  // A call that the person places is no contact, and a step may have another recipient.
  "number_inactive",
  "quiet_hours",
]);

/** Whether the next step of a workflow may succeed where this one was refused. */
export function isSkipped(error: unknown): error is Refusal {
  return error instanceof Refusal && skipping.has(error.code);
}

export function createSteps(options: {
  readonly store: Pick<VerificationStore, "refuseStep">;
  /** Begins the step's delivery. @throws {Refusal} */
  readonly beginStep: (verification: Verification, step: number) => Promise<void>;
  /** Handles the answer to a refused step. @returns the step that follows at once; null: none */
  readonly onRefused: (
    verification: Verification,
    answer: Awaited<ReturnType<VerificationStore["refuseStep"]>>,
  ) => number | null;
  readonly look: (app: string, id: string) => Promise<Verification>;
  readonly logger: Logger;
}): Steps {
  const { store, beginStep, onRefused, look, logger } = options;
  const waiting: (() => Promise<void>)[] = [];
  /** Verifications whose step waits or is in progress here. */
  const known = new Set<string>();
  let running = 0;
  let stopped = false;
  const idle: (() => void)[] = [];

  /** Begins the step, or each one that follows where it is refused. */
  async function run(start: DueStep): Promise<void> {
    let { verification, step } = start;
    for (;;) {
      try {
        await beginStep(verification, step);
        return;
      } catch (error) {
        if (error === staleStep) return;
        // The phone still rings: the lease ends, and the step is due again.
        if (error instanceof LimitRefusal && error.limit === "live_call") return;
        if (!isSkipped(error)) throw error;
        logger.info({ id: verification.id, step, reason: error.code }, "step refused");
        const next = onRefused(verification, await store.refuseStep(refusedOf(verification, step, error.code)));
        if (next === null) return;
        verification = await look(verification.app, verification.id);
        step = next;
      }
    }
  }

  function next(): void {
    while (running < mostAtOnce) {
      const work = waiting.shift();
      if (work === undefined) break;
      running++;
      void work().finally(() => {
        running--;
        next();
      });
    }
    if (running === 0 && waiting.length === 0) for (const resolve of idle.splice(0)) resolve();
  }

  function add(id: string, work: () => Promise<void>): void {
    if (stopped || known.has(id) || waiting.length >= mostWaiting) return;
    known.add(id);
    waiting.push(async () => {
      try {
        await work();
      } catch (error) {
        // A refusal that says the verification has ended is no failure of the gateway.
        const ended = error instanceof Refusal && /^verification_/.test(error.code);
        if (!ended) logger.warn({ id, err: error }, "a step could not be begun; it is due again");
      } finally {
        known.delete(id);
      }
    });
    next();
  }

  const settled = () =>
    new Promise<void>((resolve) => {
      if (running === 0 && waiting.length === 0) resolve();
      else idle.push(resolve);
    });

  return {
    begin: (due) => add(due.verification.id, () => run(due)),
    follow: (app, id, step) => add(id, async () => run({ verification: await look(app, id), step })),
    taken: () => !stopped && waiting.length < mostWaiting,
    async stop() {
      stopped = true;
      waiting.length = 0;
      known.clear();
      await settled();
    },
    settled,
  };
}

function refusedOf(verification: Verification, step: number, reason: string): RefusedStep {
  const { id, app, workflow } = verification;
  const planned = workflow?.steps[step];
  return { id, app, step, channel: planned?.channel ?? "", to: planned?.to ?? null, reason };
}
