/** Reports every end of a verification once, and stops its deliveries in progress. */
import type { Logger } from "pino";
import type { Publish } from "../shared/publish.ts";
import type { VerificationEvents } from "./events.ts";
import { notFound } from "./refusals.ts";
import type { Seen, VerificationStore } from "./store-port.ts";
import { newestOf, type Verification } from "./types.ts";

export interface Endings {
  /** Call it with every verification that the store returns: the gateway that caused or found its end reports it. */
  seen(seen: Seen): Verification;
  /** The verification's current state. @param person a person asks: see `VerificationStore.read` @throws {Refusal} `verification_not_found` */
  look(app: string, id: string, person?: boolean): Promise<Verification>;
}

export function createEndings(options: {
  readonly store: VerificationStore;
  /** Stops deliveries of a verification that has ended. */
  readonly stop: (verification: Verification) => void;
  readonly publish: Publish<VerificationEvents>;
  readonly logger: Logger;
}): Endings {
  const { store, stop, publish, logger } = options;

  function seen({ verification, endedNow }: Seen): Verification {
    if (!endedNow) return verification;
    const { id, app, country, status, seq, simulated } = verification;
    const { channel, state, reason } = newestOf(verification);
    stop(verification);
    const about = { verification: id, channel, country, status, state, reason };
    const mark = simulated === null ? {} : { simulated };
    publish("verification.ended", { ...about, appCode: verification.appCode, ...mark }, { app, seq });
    logger.info({ id, app, country, channel, status, reason, ...mark }, "verification ended");
    return verification;
  }

  return {
    seen,
    async look(app, id, person) {
      const result = await store.read(app, id, person);
      if (result.kind !== "seen") throw notFound();
      return seen(result);
    },
  };
}
