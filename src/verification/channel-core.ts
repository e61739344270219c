/** The services of the core for each channel. */
import type { Logger } from "pino";
import type { BatchTimer } from "../shared/batch-timer.ts";
import type { Clock } from "../shared/clock.ts";
import type { Publish } from "../shared/publish.ts";
import type { Random } from "../shared/random.ts";
import type { AfterUpdate, ChannelCore, DeliveryCodes } from "./channel-port.ts";
import type { Endings } from "./endings.ts";
import type { VerificationEvents } from "./events.ts";
import type { Hashes } from "./hashes.ts";
import { createProgressWriter, type DeliveryUpdate, type ProgressStore } from "./progress-writer.ts";
import type { Sealing } from "./sealing.ts";
import type { Shares } from "./shares.ts";
import type { VerificationStore } from "./store-port.ts";

export function createCore(options: {
  readonly store: VerificationStore;
  readonly hashes: Hashes;
  readonly codes: DeliveryCodes;
  readonly sealing: Sealing;
  readonly seen: Endings["seen"];
  readonly callOver: Shares["callOver"];
  /** The step that follows at once is this gateway's to begin. */
  readonly onStep: (app: string, id: string, step: number) => void;
  readonly batchTimer: BatchTimer;
  readonly clock: Clock;
  readonly random: Random;
  readonly publish: Publish<VerificationEvents>;
  readonly logger: Logger;
}): ChannelCore {
  const { store, hashes, codes, sealing, seen, callOver, batchTimer, clock, random, publish, logger, onStep } = options;
  const progress: ProgressStore<Attempt> = {
    batchTimer,
    clock,
    async store({ app, id, attempt, onWritten, onForgotten }, update) {
      const result = await store.change({ app, id, attempt, ...update });
      if (result.kind === "not_found") {
        onForgotten?.();
        return;
      }
      if (result.kind === "noted") {
        const { status, seq, step, channel, state } = result;
        if (seq > 0) publish("delivery.updated", { verification: id, status, channel, state }, { app, seq });
        if (step !== null) onStep(app, id, step);
        onWritten(update, result);
        return;
      }
      const { status, deliveries } = seen(result);
      onWritten(update, { status, partsDelivered: deliveries.at(-1)?.partsDelivered ?? 0 });
    },
    onLost({ id, attempt }, { event }, error) {
      const reason = error instanceof Error ? error.message : "unknown";
      logger.error({ id, attempt, event, why: reason }, "delivery progress could not be stored");
    },
  };
  return {
    ...{ store, hashes, codes, sealing, clock, random, logger, batchTimer, seen, callOver },
    progressOf({ id, app, attempts: attempt }, onWritten, onForgotten) {
      return createProgressWriter(progress, { app, id, attempt, onWritten, onForgotten });
    },
  };
}

/** An attempt whose progress is stored. */
interface Attempt {
  readonly app: string;
  readonly id: string;
  readonly attempt: number;
  readonly onWritten: (update: DeliveryUpdate, after: AfterUpdate) => void;
  readonly onForgotten: (() => void) | undefined;
}
