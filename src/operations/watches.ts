/** What changes at this gateway and is reported as public events: brakes, and circuit breakers of trunks. */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import type { BrakedNow } from "../telephony/trunks/brakes.ts";
import type { PathStatus } from "../telephony/trunks/slots-port.ts";
import { type BrakeChange, createBrakeWatch } from "./brake-watch.ts";
import { type BreakerChange, createTrunkWatch } from "./trunk-watch.ts";

export interface Watches {
  start(): void;
  stop(): void;
}

export function createWatches(parts: {
  readonly braked: () => readonly BrakedNow[];
  readonly paths: () => readonly PathStatus[];
  /** Stores the event `guard.alarm`. */
  readonly alarm: (change: BrakeChange) => Promise<void>;
  /** Stores the event `trunk.updated`. */
  readonly updated: (change: BreakerChange) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, "warn">;
}): Watches {
  const { braked, paths, alarm, updated, clock, logger } = parts;
  const brakes = createBrakeWatch(braked, (change) => void alarm(change).catch(() => undefined), clock);
  const trunks = createTrunkWatch(
    paths,
    (change) => {
      updated(change).catch((err: unknown) => logger.warn({ err }, "an event of a trunk could not be stored"));
    },
    clock,
  );
  return {
    start() {
      trunks.start();
      brakes.start();
    },
    stop() {
      trunks.stop();
      brakes.stop();
    },
  };
}
