/** Sees to it that every end of a verification is reported once, and that its call does not ring on. */
import type { Logger } from "pino";
import type { Report } from "../events/events.ts";
import type { Clock } from "../shared/clock.ts";
import type { Dialer } from "../telephony/calls/ports.ts";
import { createExpiryWatch } from "./expiry-watch.ts";
import { attemptIdOf } from "./ids.ts";
import { notFound } from "./refusals.ts";
import type { Seen, VerificationStore } from "./store-port.ts";
import type { Verification } from "./types.ts";

export interface Endings {
  /** Every verification that the store hands out passes here: its end is reported by whoever caused or found it. */
  seen(seen: Seen): Verification;
  /** The verification as it is now. @throws {Refusal} `verification_not_found` */
  look(app: string, id: string): Promise<Verification>;
  /** From now on its expiry is noticed though nobody asks. */
  watch(verification: Verification): void;
  stop(): void;
}

export function createEndings(options: {
  readonly store: VerificationStore;
  readonly dialer: Dialer;
  readonly clock: Clock;
  readonly report: Report;
  readonly logger: Logger;
}): Endings {
  const { store, dialer, clock, report, logger } = options;

  const expiry = createExpiryWatch(clock, async (due) => {
    const looks = await Promise.allSettled(due.map(({ id, app }) => look(app, id)));
    const failed = looks.filter((one) => one.status === "rejected");
    if (failed[0] === undefined) return;
    const error = failed[0].reason instanceof Error ? failed[0].reason.message : "unknown";
    logger.warn({ verifications: failed.length, error }, "expired verifications could not be looked at");
  });

  function seen({ verification, endedNow }: Seen): Verification {
    if (!endedNow) return verification;
    const { id, app, country, status, reason, attempts } = verification;
    expiry.remove(id);
    dialer.cancel(attemptIdOf(id, attempts));
    report({ type: "verification_ended", id, app, country, status, reason });
    logger.info({ id, app, country, status, reason }, "verification ended");
    return verification;
  }

  async function look(app: string, id: string): Promise<Verification> {
    const result = await store.change({ nowMs: clock.nowMs(), app, id, attempt: null, event: null, reason: null });
    if (result.kind !== "seen") throw notFound();
    return seen(result);
  }

  return {
    seen,
    look,
    watch: ({ id, app, expiresAtMs }) => expiry.add(id, app, expiresAtMs),
    stop: () => expiry.stop(),
  };
}
