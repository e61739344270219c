/**
 * Keeps the mirror of the endpoints in Redis equal to records: after Redis lost its data, and after one of the two was away
 * while the other changed. Of two copies the one with the greater revision holds.
 */
import type { Logger } from "pino";
import type { Clock } from "../shared/clock.ts";
import { createMirrorLoop } from "../shared/mirror-loop.ts";
import type { EndpointMirror } from "./mirror-port.ts";
import type { WebhookStore } from "./store-port.ts";

export interface EndpointSync {
  /** Compares once. @throws where Redis or records do not answer */
  now(): Promise<void>;
  start(): void;
  /** Compares now: the mirror lacks an endpoint. */
  hurry(): void;
  stop(): void;
}

export function createEndpointSync(parts: {
  readonly mirror: EndpointMirror;
  readonly store: Pick<WebhookStore, "endpoints" | "putEndpoint">;
  readonly clock: Clock;
  readonly logger: Logger;
}): EndpointSync {
  const { mirror, store, clock, logger } = parts;

  async function now(): Promise<void> {
    // First: what is added meanwhile is in records before it is here, so it is not taken for one that was deleted.
    const mirrored = new Map(((await mirror.read(""))?.rows ?? []).map((row) => [row.id, row]));
    const kept = await store.endpoints();
    for (const row of kept) {
      const copy = mirrored.get(row.id);
      mirrored.delete(row.id);
      if (copy === undefined || copy.revision < row.revision) await mirror.put(row);
      else if (copy.revision > row.revision) await store.putEndpoint(copy);
    }
    for (const id of mirrored.keys()) await mirror.remove(id);
  }

  const { start, hurry, stop } = createMirrorLoop({ what: "webhook endpoints", compare: now, clock, logger });
  return { now, start, hurry, stop };
}
